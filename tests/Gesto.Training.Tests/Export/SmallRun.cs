using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
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
        Directory.CreateDirectory(Path.Combine(Features, Modality.Rgb.Name));
        encoder.Save(Path.Combine(Features, Modality.Rgb.Name, SmallRgbEncoder.FileName));
        Extraction.Run(
            dataset,
            Features,
            encoder,
            new ExtractionOptions { Radar = new() { Size = (16, 16) } },
            null,
            CancellationToken.None
        );
        Recipe recipe = RecipeFile.Load(
            "late-fusion",
            ["training.epochs=1", "radar.epochs=1", "model.hidden=8", "model.layers=1", "radar.hidden=8"]
        );
        Trained.Run(FeatureSet.Open(Features), recipe, Run);
    }

    public string Data => tiny.Data;

    public string Features => tiny.PathOf("small-features");

    /// <summary>Of the same recordings, by another encoder.</summary>
    public string OtherFeatures => tiny.Features;

    public string Run => tiny.PathOf("small-run");

    public void Dispose() => tiny.Dispose();
}
