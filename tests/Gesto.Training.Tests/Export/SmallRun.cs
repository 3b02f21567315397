using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;

namespace Gesto.Training.Tests.Export;

/// <summary>A run whose RGB encoder is Gesto's small one, so that all of it can be exported; it has seen a few steps
/// and knows nothing.</summary>
public sealed class SmallRun : IDisposable
{
    private readonly TinyRun tiny = new();

    public SmallRun()
    {
        Dataset dataset = Dataset.Open(Data);
        var reader = new SampleReader(Data, new ExtractionOptions().Radar);
        LabelledClip[] clips =
        [
            .. dataset
                .Samples.Where(s => s.ClassId is not null)
                .Select(s =>
                {
                    var clip = reader.ReadRgb(s, SmallRgbEncoder.Side, default);
                    return new LabelledClip(clip.Frames, clip.Length, dataset.Labels.LabelOf(s.ClassId!.Value));
                }),
        ];
        using SmallRgbEncoder encoder = SmallRgbEncoder.Train(
            clips,
            dataset.Labels.Count,
            new SmallRgbTraining { Threads = 1, Epochs = 1 }
        );
        string features = tiny.PathOf("small-features");
        Directory.CreateDirectory(Path.Combine(features, Modality.Rgb.Name));
        encoder.Save(Path.Combine(features, Modality.Rgb.Name, SmallRgbEncoder.FileName));
        Extraction.Run(
            dataset,
            features,
            encoder,
            new ExtractionOptions { Radar = new() { Size = (16, 16) } },
            null,
            CancellationToken.None
        );
        Recipe recipe = RecipeFile.Load(
            "late-fusion",
            ["training.epochs=1", "radar.epochs=1", "model.hidden=8", "model.layers=1", "radar.hidden=8"]
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = FeatureSet.Open(features),
                Recipe = recipe,
                Out = Run,
                Threads = 1,
            }
        );
    }

    public string Data => tiny.Data;

    public string Run => tiny.PathOf("small-run");

    public void Dispose() => tiny.Dispose();
}
