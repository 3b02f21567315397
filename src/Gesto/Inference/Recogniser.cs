using Gesto.Data;
using Gesto.Features;
using Gesto.Models;
using Gesto.Training;
using static TorchSharp.torch;

namespace Gesto.Inference;

/// <summary>A trained run that names signs.</summary>
/// <remarks>Not thread-safe: one caller at a time.</remarks>
public sealed class Recogniser : IRecogniser
{
    private const int Batch = 64;
    private readonly RunDirectory run;
    private readonly RadarCnn? encoder;
    private readonly LateFusion model;

    private Recogniser(RunDirectory run, LabelSet labels, RadarCnn? encoder, LateFusion model) =>
        (this.run, Labels, this.encoder, this.model) = (run, labels, encoder, model);

    public Recipe Recipe => run.Recipe;

    public LabelSet Labels { get; }

    /// <summary>What the run was trained on; features made otherwise are refused.</summary>
    public RunFacts Facts => run.Facts;

    /// <summary>From the run's `calibration.json`; settable only to fit it anew on uncalibrated probabilities.</summary>
    public Calibration Calibration { get; internal set; } = Calibration.None;

    /// <param name="runFolder">A run directory with `best.safetensors` in it.</param>
    /// <param name="threads">libtorch's threads, of the whole process.</param>
    /// <exception cref="InvalidDataException">Training has not come to a best checkpoint yet, or a file is broken.</exception>
    public static Recogniser Load(string runFolder, int threads)
    {
        RunDirectory run = RunDirectory.Open(runFolder);
        set_num_threads(threads);
        bool encodes = run.Facts.Radar?.Shape.Length == 4;
        foreach (string path in encodes ? new[] { run.RadarEncoderPath, run.BestPath } : [run.BestPath])
            if (!File.Exists(path))
                throw new InvalidDataException(
                    $"{path}: not there, training has not finished. Go on with 'gesto train FEATURES --run {runFolder} --resume'.");
        LateFusion model = TrainingRun.CreateModel(run.Recipe, run.Facts);
        Checkpoint.LoadWeights(run.BestPath, model);
        model.eval();
        RadarCnn? encoder = null;
        if (encodes)
        {
            encoder = new RadarCnn(run.Recipe.Radar.Coordinates, run.Recipe.Radar.Preparation, mean: 0, deviation: 1);
            Checkpoint.LoadWeights(run.RadarEncoderPath, encoder);
            encoder.eval();
        }
        return new Recogniser(run, run.Facts.LabelSet, encoder, model) { Calibration = Calibration.Load(runFolder) };
    }

    /// <returns>Probabilities (K) in the order of <see cref="Labels"/>.</returns>
    /// <exception cref="InvalidDataException">The sample lacks a modality of the recipe, or has another shape.</exception>
    public float[] Predict(SampleFeatures sample) => Classify([Join(sample)])[0];

    /// <summary>Probabilities of many samples of a feature set, (K) each, in their order.</summary>
    /// <exception cref="InvalidDataException">The features were made differently from those trained on, or one is missing.</exception>
    public float[][] PredictAll(
        FeatureSet features, IReadOnlyList<Sample> samples, IProgress<WorkProgress>? progress = null, CancellationToken cancel = default)
    {
        CheckKey("RGB", run.Facts.Rgb, features.Rgb);
        CheckKey("radar", run.Facts.Radar, features.Radar);
        var results = new List<float[]>(samples.Count);
        foreach (Sample[] chunk in samples.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress("predict", results.Count, samples.Count, "samples"));
            results.AddRange(Classify([.. chunk.Select(s => Join(Load(features, s.Key)))]));
        }
        return [.. results];
    }

    public void Dispose()
    {
        encoder?.Dispose();
        model.Dispose();
    }

    private SampleFeatures Load(FeatureSet features, string key)
    {
        float[]? rgb = null, radar = null;
        int rgbLength = 0, radarLength = 0;
        int[] shape = [];
        if (run.Facts.Rgb is not null)
        {
            rgb = TrainingData.Steps(features.Rgb!, key);
            rgbLength = features.Rgb!.LengthOf(key);
        }
        if (run.Facts.Radar is not null)
        {
            radarLength = features.Radar!.LengthOf(key);
            shape = features.Radar.Key.Shape[1..];
            radar = TrainingData.Read(features.Radar, key).ToSingles()[..(radarLength * shape.Aggregate(1, (a, b) => a * b))];
        }
        return new SampleFeatures(rgb, rgbLength, radar, radarLength, shape);
    }

    private float[] Join(SampleFeatures sample)
    {
        if (Recipe.UsesRgb) Check("RGB", sample.Rgb, sample.RgbLength, [run.Facts.RgbWidth], [run.Facts.RgbWidth]);
        if (!Recipe.UsesRadar)
            return FeatureSequences.Join(sample.Rgb, run.Facts.RgbWidth, null, 0, Recipe);
        Check("radar", sample.Radar, sample.RadarLength, sample.RadarShape, run.Facts.Radar!.Shape[1..]);
        float[] radar = sample.Radar!;
        if (encoder is not null)
        {
            int[] s = sample.RadarShape;
            using Tensor frames = tensor(radar, [sample.RadarLength, s[0], s[1], s[2]]);
            radar = RadarEncoderTraining.Encode(encoder, frames);
        }
        return FeatureSequences.Join(
            Recipe.UsesRgb ? sample.Rgb : null, run.Facts.RgbWidth, radar, run.Facts.RadarWidth, Recipe);
    }

    private void Check(string modality, float[]? values, int length, int[] found, int[] expected)
    {
        if (values is null || length < 1)
            throw new InvalidDataException(
                $"The sample has no {modality}, and recipe '{Recipe.Name}' needs it. Use a run trained without {modality}.");
        if (!found.AsSpan().SequenceEqual(expected) || values.Length != length * expected.Aggregate(1, (a, b) => a * b))
            throw new InvalidDataException(
                $"The sample's {modality} steps are ({string.Join(',', found)}), {values.Length} values in {length} steps; " +
                $"the run was trained on ({string.Join(',', expected)}). Extract it with the same settings.");
    }

    private float[][] Classify(IReadOnlyList<float[]> joined)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var sequences = new FeatureSequences(run.Facts.RgbWidth + run.Facts.RadarWidth);
        foreach (float[] steps in joined) sequences.Add(steps);
        (Tensor features, Tensor lengths) = sequences.Batch([.. Enumerable.Range(0, joined.Count)]);
        float[] all = nn.functional.softmax(model.forward(features, lengths) / Calibration.Temperature, 1).data<float>().ToArray();
        return [.. all.Chunk(Labels.Count)];
    }

    private void CheckKey(string modality, FeatureKey? trained, FeatureStore? given)
    {
        if (trained is null) return;
        if (given is null)
            throw new InvalidDataException($"{run.Folder}: needs {modality} features, the feature folder has none.");
        if (FeatureStore.Difference(trained, given.Key) is { } difference)
            throw new InvalidDataException(
                $"{given.Folder}: these {modality} features were made differently from those {run.Folder} was trained on ({difference}). " +
                "Extract again with the same settings.");
    }
}
