using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Graphs;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using static TorchSharp.torch;

namespace Gesto.Training.Recognition;

/// <summary>A trained run that names signs.</summary>
/// <remarks>Not thread-safe: one caller at a time.</remarks>
public sealed class NetworkRecogniser : ITrainedRecogniser
{
    private const int Batch = 64;
    private readonly RunDirectory run;
    private readonly Task<Network> loading;
    private readonly int threads;

    private NetworkRecogniser(RunDirectory run, Task<Network> loading, int threads) =>
        (this.run, this.loading, this.threads, Labels) = (run, loading, threads, run.Facts.LabelSet);

    /// <param name="Rgb">Null = RGB comes as features.</param>
    /// <param name="Radar">Null = radar comes as features.</param>
    /// <param name="Model">Reads their features.</param>
    /// <param name="Joint">Those that learnt together, as their checkpoint has them; null = the encoders learnt before,
    /// or never.</param>
    private sealed record Network(FrameEncoder? Rgb, FrameEncoder? Radar, SignModel Model, JointModel? Joint);

    public Recipe Recipe => run.Recipe;

    public LabelSet Labels { get; }

    /// <summary>What the run was trained on; features made otherwise are refused.</summary>
    public RunFacts Facts => run.Facts;

    /// <summary>From the run's `calibration.json`; settable only to fit it anew on uncalibrated
    /// probabilities.</summary>
    public Calibration Calibration { get; set; } = Calibration.None;

    /// <param name="runFolder">A run directory with `best.safetensors` in it.</param>
    /// <param name="threads">libtorch's threads of its predictions, ≥ 1; nothing else in the process changes.</param>
    /// <exception cref="InvalidDataException">Training has not come to a best checkpoint yet, or a file is
    /// broken.</exception>
    public static NetworkRecogniser Load(string runFolder, int threads) =>
        Open(runFolder, threads, run => Task.FromResult(LoadNetwork(run)));

    /// <summary>The same, but the network is loaded meanwhile: what is wrong with it is said by the first prediction.
    /// For a process that has a recording to read first.</summary>
    internal static NetworkRecogniser LoadInBackground(string runFolder, int threads) =>
        Open(runFolder, threads, run => Task.Run(() => LoadNetwork(run)));

    public long Parameters =>
        new nn.Module?[] { Loaded.Rgb, Loaded.Radar, Loaded.Model }.Sum(part =>
            part?.parameters().Sum(p => p.numel()) ?? 0
        );

    /// <inheritdoc/>
    /// <remarks>One modality of two by <c>model.modalityDropout</c>, any antennas of several by
    /// <c>model.antennaDropout</c>.</remarks>
    public IReadOnlyList<ModalityMask> Masks
    {
        get
        {
            IReadOnlyList<int[]> hidden = ModalityMask.SomeHidden(Recipe.Model.AntennaDropout > 0 ? Facts.Antennas : 1);
            bool either = BearsMissing;
            var masks = new List<ModalityMask>();
            if (Recipe.UsesRgb && Recipe.UsesRadar)
                masks.AddRange(hidden.Select(h => new ModalityMask(true, true, h)));
            if (Recipe.UsesRgb && (either || !Recipe.UsesRadar))
                masks.Add(new(true, false));
            if (Recipe.UsesRadar && (either || !Recipe.UsesRgb))
                masks.AddRange(hidden.Select(h => new ModalityMask(false, true, h)));
            return masks;
        }
    }

    /// <inheritdoc/>
    /// <remarks>None: a network is trained once.</remarks>
    public IReadOnlyDictionary<string, float[]> LeftOut() => new Dictionary<string, float[]>();

    /// <summary>Where attention fusion looked in the last <see cref="PredictAll"/>, under the mask that shows most;
    /// null where the recipe's fusion has no attention.</summary>
    public AttentionMap? Attention { get; private set; }

    private bool BearsMissing => Recipe is { UsesRgb: true, UsesRadar: true, Model.ModalityDropout: > 0 };

    /// <returns>Probabilities (K) in the order of <see cref="Labels"/>.</returns>
    /// <param name="sample">What there is of the sample.</param>
    /// <param name="mask">What of it may be used; null = all.</param>
    /// <exception cref="InvalidDataException">The sample lacks a modality that the run cannot do without, or has
    /// another shape.</exception>
    public float[] Predict(SampleFeatures sample, ModalityMask? mask = null)
    {
        using TorchThreads own = TorchThreads.Use(threads);
        return Classify([Encode(sample)], mask)[0];
    }

    public float[][][] PredictAll(
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<ModalityMask> masks,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        StoredSample.CheckKeys(run, features, BearsMissing);
        using TorchThreads own = TorchThreads.Use(threads);
        List<float[]>[] results = [.. masks.Select(_ => new List<float[]>(samples.Count))];
        var attention = new AttentionSum();
        int done = 0;
        Report();
        foreach (Sample[] chunk in samples.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            (float[]? Rgb, float[]? Radar)[] encoded =
            [
                .. chunk.Select(s => Encode(StoredSample.Load(run.Facts, features, s.Key, BearsMissing))),
            ];
            for (int m = 0; m < masks.Count; m++)
                results[m].AddRange(Classify(encoded, masks[m], m == 0 ? attention : null));
            done += chunk.Length;
            Report();
        }
        Attention = attention.ToMap();
        return [.. results.Select(r => r.ToArray())];

        void Report() => progress?.Report(new WorkProgress("predict", done, samples.Count, "samples"));
    }

    public void Dispose()
    {
        Task.WhenAny(loading).GetAwaiter().GetResult(); // whatever came of it
        if (!loading.IsCompletedSuccessfully)
            return;
        foreach (nn.Module? part in new nn.Module?[] { Loaded.Rgb, Loaded.Radar, Loaded.Model, Loaded.Joint })
            part?.Dispose();
    }

    /// <summary>Writes its networks.</summary>
    /// <param name="prefix">Of their names.</param>
    /// <param name="weight">Its part in the vote.</param>
    /// <param name="entries">Receives them.</param>
    internal BundledMember Export(string prefix, double weight, Dictionary<string, byte[]> entries)
    {
        string classifier = $"{prefix}classifier.onnx";
        entries[classifier] = Loaded.Model.ToOnnx(Recipe.Name, Facts.RgbWidth, Facts.RadarWidth);
        return new BundledMember
        {
            Name = Recipe.Name,
            Weight = weight,
            Temperature = Calibration.Temperature,
            Rgb = Recipe.UsesRgb
                ? new(
                    Encoder("rgb", Loaded.Rgb, Facts.Rgb!),
                    Recipe.Model.Steps,
                    CentresRgb,
                    Facts.Rgb!.Shape[0],
                    Facts.RgbWidth
                )
                : null,
            Radar = Recipe.UsesRadar
                ? new(
                    Encoder("radar", Loaded.Radar, Facts.Radar!),
                    Recipe.LearnsRadar ? Recipe.Model.Steps : 0,
                    Recipe.Radar.CentreFeatures,
                    Facts.Radar!.Shape[0],
                    Facts.RadarWidth
                )
                : null,
            Antennas = Recipe.UsesRadar ? Facts.Antennas : 1,
            Classifier = classifier,
            Views = Recipe.Model.Views,
            TempoSpread = Recipe.Training.TempoSpread,
            Steps = Recipe.Model.Steps,
            Masks = Masks,
        };

        string? Encoder(string modality, FrameEncoder? encoder, FeatureKey key)
        {
            if (encoder is null)
                return null;
            string entry = $"{prefix}{modality}-encoder.onnx";
            var graph = new OnnxGraph(encoder.GetName());
            graph.Input("frames", key.Shape.AsSpan(1));
            graph.Output(encoder.Write(graph, "frames", key.Shape[1..]), "features", "T", "F");
            entries[entry] = graph.ToModel();
            return entry;
        }
    }

    /// <summary>Frames lose their mean in the encoder, features here.</summary>
    private bool CentresRgb => Recipe.Rgb is { RemoveStatic: true, Encoder: not RgbEncoderMode.Frames };

    private Network Loaded => loading.GetAwaiter().GetResult();

    private static NetworkRecogniser Open(string runFolder, int threads, Func<RunDirectory, Task<Network>> load)
    {
        RunDirectory run = RunDirectory.Open(runFolder);
        foreach (string path in Encodes(run) ? new[] { run.RadarEncoderPath, run.BestPath } : [run.BestPath])
            if (!File.Exists(path))
                throw new InvalidDataException($"{path}: not there, training has not finished. Resume it.").Suggest(
                    NextStep.ResumeTraining,
                    runFolder
                );
        return new NetworkRecogniser(run, load(run), threads) { Calibration = Calibration.Load(runFolder) };
    }

    private static bool Encodes(RunDirectory run) => run.Facts.Radar?.Shape.Length == 4;

    private static Network LoadNetwork(RunDirectory run)
    {
        Recipe recipe = run.Recipe;
        SignModel model = ModelFactory.Sign(recipe, run.Facts);
        FrameEncoder? rgb = recipe.LearnsRgb ? ModelFactory.Rgb(recipe, run.Facts.Rgb!) : null;
        FrameEncoder? radar = Encodes(run) ? ModelFactory.Radar(recipe, run.Facts.Radar!, mean: 0, deviation: 1) : null;
        JointModel? joint =
            recipe.LearnsRgb || recipe.LearnsRadar
                ? new JointModel(rgb, recipe.LearnsRadar ? radar : null, model)
                : null;
        Checkpoint.LoadWeights(run.BestPath, joint is null ? model : joint);
        if (radar is not null && !recipe.LearnsRadar)
            Checkpoint.LoadWeights(run.RadarEncoderPath, radar);
        foreach (nn.Module? part in new nn.Module?[] { rgb, radar, model })
            part?.eval();
        return new Network(rgb, radar, model, joint);
    }

    /// <returns>Checked features of both modalities; null where the sample has none.</returns>
    private (float[]? Rgb, float[]? Radar) Encode(SampleFeatures sample)
    {
        bool rgb = Recipe.UsesRgb && !(BearsMissing && sample.Rgb is null),
            radar = Recipe.UsesRadar && !(BearsMissing && sample.Radar is null);
        if (!rgb && !radar)
            throw new InvalidDataException("The sample has neither RGB nor radar.");
        int[] rgbShape = run.Facts.Rgb?.Shape[1..] ?? [];
        if (rgb)
            Check("RGB", sample.Rgb, sample.RgbLength, rgbShape, rgbShape);
        if (radar)
            Check("radar", sample.Radar, sample.RadarLength, sample.RadarShape, run.Facts.Radar!.Shape[1..]);
        return (
            rgb ? Encode(Loaded.Rgb, sample.Rgb!, sample.RgbLength, rgbShape, Recipe.Model.Steps) : null,
            radar
                ? Encode(
                    Loaded.Radar,
                    sample.Radar!,
                    sample.RadarLength,
                    sample.RadarShape,
                    Recipe.LearnsRadar ? Recipe.Model.Steps : 0
                )
                : null
        );
    }

    /// <param name="encoder">Null = they are features already.</param>
    /// <param name="values">(T, …).</param>
    /// <param name="length">T.</param>
    /// <param name="shape">Of a frame.</param>
    /// <param name="steps">What an encoder that learnt with the model has seen of a sample, as <see
    /// cref="ModelRecipe.Steps"/>.</param>
    /// <returns>(T, F), at most so many steps.</returns>
    private static float[] Encode(FrameEncoder? encoder, float[] values, int length, int[] shape, int steps)
    {
        if (encoder is null)
            return values;
        using Tensor all = tensor(values, [length, .. shape.Select(n => (long)n)]);
        using Tensor chosen = tensor(
            StepPlan.Evenly(length, length, tempo: 1, steps, null).Select(step => (long)step).ToArray()
        );
        using Tensor frames = all.index_select(0, chosen);
        return encoder.EncodeSample(frames);
    }

    private void Check(string modality, float[]? values, int length, int[] found, int[] expected)
    {
        if (values is null || length < 1)
            throw new InvalidDataException(
                $"The sample has no {modality}, and recipe '{Recipe.Name}' needs it. Use a run trained without {modality}, "
                    + "or one trained to do without (model.modalityDropout)."
            );
        if (!found.AsSpan().SequenceEqual(expected) || values.Length != length * expected.Aggregate(1, (a, b) => a * b))
            throw SampleFeatures.Unfit(modality, values.Length, length, found, expected);
    }

    private float[][] Classify(
        (float[]? Rgb, float[]? Radar)[] samples,
        ModalityMask? mask,
        AttentionSum? attention = null
    )
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        FeatureSequences? rgbs = Recipe.UsesRgb
            ? new(run.Facts.RgbWidth, CentresRgb) { Longest = run.Facts.Rgb!.Shape[0] }
            : null;
        FeatureSequences? radars = Recipe.UsesRadar
            ? new(run.Facts.RadarWidth, Recipe.Radar.CentreFeatures) { Longest = run.Facts.Radar!.Shape[0] }
            : null;
        foreach ((float[]? rgb, float[]? radar) in samples)
        {
            rgbs?.Add(rgb ?? []);
            radars?.Add(radar ?? []);
        }
        var sequences = new SampleSequences(rgbs, radars, Recipe.Model.Steps);
        int[] every = [.. Enumerable.Range(0, samples.Length)];
        int views = Recipe.Model.Views;
        Tensor logits = zeros(samples.Length, Labels.Count);
        for (int view = 0; view < views; view++)
        {
            double tempo = views == 1 ? 1 : 1 + Recipe.Training.TempoSpread * (2.0 * view / (views - 1) - 1);
            (ModalitySteps? rgbSteps, ModalitySteps? radarSteps) = sequences.Batch(every, Recipe.Training, null, tempo);
            logits.add_(Loaded.Model.Classify(rgbSteps, radarSteps, mask));
            if (attention is not null && Loaded.Model.Attention is { } looked)
                Add(attention, looked, rgbSteps!.Lengths, radarSteps!.Lengths);
        }
        return
        [
            .. nn
                .functional.softmax(logits / (views * Calibration.Temperature), 1)
                .data<float>()
                .ToArray()
                .Chunk(Labels.Count),
        ];
    }

    /// <param name="sum">Receives the samples that have both modalities.</param>
    /// <param name="looked">(B, Trgb, Tradar).</param>
    /// <param name="rgb">RGB steps of each sample.</param>
    /// <param name="radar">Radar steps of each sample.</param>
    private static void Add(AttentionSum sum, Tensor looked, int[] rgb, int[] radar)
    {
        int rows = (int)looked.shape[1],
            columns = (int)looked.shape[2];
        float[] weights = looked.contiguous().data<float>().ToArray();
        for (int b = 0; b < rgb.Length; b++)
            if (rgb[b] > 0 && radar[b] > 0)
                sum.Add(weights.AsSpan(b * rows * columns, rows * columns), columns, rgb[b], radar[b]);
    }
}
