using Gesto.Bundles;
using Gesto.Files;
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
    public IReadOnlyList<ModalityMask> Masks =>
        ModalityMask.Ordered(
            model
                .Maps.Select(m => m.Mask)
                .SelectMany(mask => ModalityMask.Subsets(mask.Used, allOnly: true, model.Reduction?.Antennas ?? 1))
        );

    public IReadOnlyDictionary<string, float[]> LeftOut() => run.LeftOut(Facts.Train);

    public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null) =>
        Classify(Pool(sample), mask ?? ModalityMask.All);

    public float[][][] PredictAll(
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<ModalityMask> masks,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        StoredSample.CheckKeys(run.Folder, run.Facts, features, model.Maps.Count > 1);
        float[][][] results = [.. masks.Select(_ => new float[samples.Count][])];
        for (int n = 0; n < samples.Count; n++)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress("predict", n, samples.Count, "samples"));
            PerModality<float[]> pooled = Pool(StoredSample.Load(run.Facts, features, samples[n].Key));
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
        entries.Add(classifier, model.ToOnnx(Recipe.Name, Labels.Count));
        string? maps = null;
        if (model.Reduction is { } reduction)
        {
            maps = $"{prefix}radar-encoder.onnx";
            entries.Add(maps, reduction.ToOnnx(Recipe.Name));
        }
        return new BundledMember
        {
            Name = Recipe.Name,
            Weight = weight,
            Temperature = Calibration.Temperature,
            Streams = model.Inputs.Select(
                (modality, input) =>
                    new BundledStream(
                        modality == Modality.Radar ? maps : null,
                        0,
                        false,
                        Facts.Keys[modality]!.Shape[0],
                        input.Features
                    )
            ),
            Antennas = model.Reduction?.Antennas ?? 1,
            Classifier = classifier,
            Masks = Masks,
            Parameters = Parameters,
        };
    }

    private PerModality<float[]> Pool(PerModality<RecordingSteps> sample)
    {
        PerModality<RecordingSteps> used = sample.Where(m => model.Inputs[m] is not null);
        foreach ((Modality modality, RecordingSteps steps) in used)
            steps.Check(modality, Facts.Keys[modality]!.Shape.AsSpan(1));
        return model.Pool(used);
    }

    private float[] Classify(PerModality<float[]> pooled, ModalityMask mask)
    {
        PerModality<float[]> used = pooled.Where(mask.Uses);
        float[] probabilities = model.Classify(used, mask.HiddenAntennas)
            ?? throw new InvalidDataException(
                $"Recipe '{Recipe.Name}' cannot recognise from {ModalityMask.Of(used.Modalities)}, which is what the sample has and may be used here."
            );
        return Calibration.Temperature == 1
            ? probabilities
            : Calibration.Sharpen(probabilities, 1 / Calibration.Temperature);
    }
}
