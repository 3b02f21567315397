using Gesto.Bundles;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;

namespace Gesto.Training.Recognition;

/// <summary>A run of the `linear` recipe.</summary>
internal sealed class LinearRecogniser : ITrainedRecogniser
{
    private readonly RunDirectory run;
    private readonly LinearModel model;

    private LinearRecogniser(RunDirectory run) =>
        (this.run, model, Labels) = (run, LinearModel.Load(run.BestPath, run.Facts.Labels.Count), run.Facts.LabelSet);

    /// <exception cref="InvalidDataException">It has not been fitted to its end, or a file is broken.</exception>
    public static LinearRecogniser Load(RunDirectory run)
    {
        if (!File.Exists(run.BestPath))
            throw new InvalidDataException($"{run.BestPath}: not there, training has not finished. Resume it.").Suggest(
                NextStep.ResumeTraining,
                run.Folder
            );
        return new LinearRecogniser(run) { Calibration = Calibration.Load(run.Folder) };
    }

    public Recipe Recipe => run.Recipe;

    public LabelSet Labels { get; }

    public RunFacts Facts => run.Facts;

    public long Parameters => model.Parameters;

    public Calibration Calibration { get; set; } = Calibration.None;

    /// <inheritdoc/>
    /// <remarks>Either modality alone by a map of its own; any antennas of several, whose values are then taken to be
    /// average.</remarks>
    public IReadOnlyList<ModalityMask> Masks
    {
        get
        {
            IReadOnlyList<int[]> hidden = ModalityMask.SomeHidden(model.Reduction?.Antennas ?? 1);
            var masks = new List<ModalityMask>();
            if (model is { Rgb: not null, Radar: not null })
                masks.AddRange(hidden.Select(h => new ModalityMask(true, true, h)));
            if (model.Rgb is not null)
                masks.Add(new(true, false));
            if (model.Radar is not null)
                masks.AddRange(hidden.Select(h => new ModalityMask(false, true, h)));
            return masks;
        }
    }

    public IReadOnlyDictionary<string, float[]> LeftOut()
    {
        NpyArray stored = NpyFile.Load(run.HeldOutPath);
        int classes = Labels.Count;
        float[] values = stored.ToSingles();
        if (
            stored.Shape is not [int samples, int wide]
            || samples != Facts.Train.Count
            || wide != classes
            || values.Any(v => v is not (>= 0 and <= 1))
        )
            throw new InvalidDataException(
                $"{run.HeldOutPath}: shape ({string.Join(", ", stored.Shape)}), expected probabilities ({Facts.Train.Count}, {classes}). Train again into a new directory."
            );
        return Facts
            .Train.Index()
            .ToDictionary(s => s.Item, s => values[(s.Index * classes)..((s.Index + 1) * classes)]);
    }

    public float[] Predict(SampleFeatures sample, ModalityMask? mask = null) =>
        Classify(Pool(sample), mask ?? ModalityMask.All);

    public float[][][] PredictAll(
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<ModalityMask> masks,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        StoredSample.CheckKeys(run, features, evenWithout: BearsMissing);
        float[][][] results = [.. masks.Select(_ => new float[samples.Count][])];
        for (int n = 0; n < samples.Count; n++)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress("predict", n, samples.Count, "samples"));
            (float[]?, float[]?) pooled = Pool(
                StoredSample.Load(run.Facts, features, samples[n].Key, evenWithout: BearsMissing)
            );
            for (int m = 0; m < masks.Count; m++)
                results[m][n] = Classify(pooled, masks[m]);
        }
        progress?.Report(new WorkProgress("predict", samples.Count, samples.Count, "samples"));
        return results;
    }

    public void Dispose() { }

    /// <summary>Writes its networks.</summary>
    /// <param name="prefix">Of their names.</param>
    /// <param name="weight">Its part in the vote.</param>
    /// <param name="entries">Receives them.</param>
    internal BundledMember Export(string prefix, double weight, Dictionary<string, byte[]> entries)
    {
        string classifier = $"{prefix}classifier.onnx";
        entries[classifier] = model.ToOnnx(Recipe.Name, Labels.Count);
        string? maps = null;
        if (model.Reduction is { } reduction)
        {
            maps = $"{prefix}radar-encoder.onnx";
            entries[maps] = reduction.ToOnnx(Recipe.Name);
        }
        return new BundledMember
        {
            Name = Recipe.Name,
            Weight = weight,
            Temperature = Calibration.Temperature,
            Rgb = model.Rgb is { } rgb ? new(null, 0, false, Facts.Rgb!.Shape[0], rgb.Features) : null,
            Radar = model.Radar is { } radar ? new(maps, 0, false, Facts.Radar!.Shape[0], radar.Features) : null,
            Antennas = model.Reduction?.Antennas ?? 1,
            Classifier = classifier,
            Masks = Masks,
        };
    }

    private bool BearsMissing => model is { Rgb: not null, Radar: not null };

    private (float[]? Rgb, float[]? Radar) Pool(SampleFeatures sample)
    {
        if (model.Rgb is not null && sample.Rgb is not null)
            SampleFeatures.Check("RGB", sample.Rgb, sample.RgbLength, Facts.Rgb!.Shape[1..], Facts.Rgb.Shape[1..]);
        if (model.Radar is not null && sample.Radar is not null)
            SampleFeatures.Check("radar", sample.Radar, sample.RadarLength, sample.RadarShape, Facts.Radar!.Shape[1..]);
        return model.Pool(model.Rgb is null ? null : sample.Rgb, model.Radar is null ? null : sample.Radar);
    }

    private float[] Classify((float[]? Rgb, float[]? Radar) pooled, ModalityMask mask)
    {
        (float[]? rgb, float[]? radar) = (mask.Rgb ? pooled.Rgb : null, mask.Radar ? pooled.Radar : null);
        if (rgb is null && radar is null)
            throw new InvalidDataException(
                $"The sample has nothing that recipe '{Recipe.Name}' may use here ({mask.Words})."
            );
        float[] probabilities = model.Classify(rgb, radar, [.. mask.HiddenAntennas ?? []]);
        return Calibration.Temperature == 1
            ? probabilities
            : Calibration.Sharpen(probabilities, 1 / Calibration.Temperature);
    }
}
