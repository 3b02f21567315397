using System.Text.Json;
using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;
using Gesto.Training.Tests.Features;

namespace Gesto.Training.Tests;

public class JsonFileTests
{
    private static readonly Dictionary<string, Action<string>> Readers = new()
    {
        [FeatureStore.KeyFile] = folder => FeatureStore.Open(folder),
        [FeatureStore.LengthsFile] = folder =>
        {
            File.WriteAllText(
                Path.Combine(folder, FeatureStore.KeyFile),
                JsonSerializer.Serialize(FeatureStoreTests.Key)
            );
            FeatureStore.Open(folder);
        },
        [FeatureSet.SkippedFile] = folder => FeatureSet.ReadSkipped(folder),
        [RecordingFingerprints.FileName] = folder => RecordingFingerprints.Alike(folder).ToList(),
        ["run.json"] = folder => RunDirectory.Open(folder),
        ["log.jsonl"] = folder => EpochLog.Load(Path.Combine(folder, "log.jsonl")),
        [PseudoLabels.FileName] = folder => PseudoLabels.Load(folder),
        [Calibration.FileName] = folder => Calibration.Load(folder),
        ["evaluation.json"] = folder => EvaluationResult.Load(Path.Combine(folder, "evaluation.json")),
        ["settings.json"] = folder =>
        {
            File.WriteAllText(Path.Combine(folder, "recipe.json"), RecipeFile.Format(RecipeFile.Load("best")));
            // features are not come to
            EnsembleTraining.Train(
                new TrainingOptions
                {
                    Features = null!,
                    Out = folder,
                    Resume = true,
                }
            );
        },
        [EnsembleFile.FileName] = folder => EnsembleFile.Load(folder),
    };

    public static TheoryData<string> Files => [.. Readers.Keys];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_damaged_file_is_named_with_what_it_should_be_and_what_to_do(string name)
    {
        using var folder = new Folder();
        Assert.All(["{\"torn", "null", "7"], text =>
        {
            string path = folder.Write(name, text);
            string message = Assert.Throws<InvalidDataException>(() => Readers[name](folder.Path)).Message;
            Assert.StartsWith(path, message, StringComparison.Ordinal);
            Assert.Matches(@": not .+: .+ (Delete|Train|Make|Evaluate) .+\.$", message);
        });
    }
}
