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
internal sealed class NetworkRecogniser : ITrainedRecogniser
{
    private const int Batch = 64;
    private readonly RunDirectory run;
    private readonly Task<Network> loading;
    private readonly int threads;

    private NetworkRecogniser(RunDirectory run, Task<Network> loading, int threads) =>
        (this.run, this.loading, this.threads, Labels) = (run, loading, threads, run.Facts.LabelSet);

    /// <param name="Encoders">Of modalities that do not come as features.</param>
    /// <param name="Model">Reads their features.</param>
    /// <param name="Joint">Those that learnt together, as their checkpoint has them; null = the encoders learnt before,
    /// or never.</param>
    private sealed record Network(PerModality<FrameEncoder> Encoders, SignModel Model, JointModel? Joint)
    {
        public IEnumerable<nn.Module> Parts => [.. Encoders.Values, Model];
    }

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

    public long Parameters => Loaded.Parts.Sum(part => part.parameters().Sum(p => p.numel()));

    /// <inheritdoc/>
    /// <remarks>Any modalities of several by <c>model.modalityDropout</c>, any antennas of several by
    /// <c>model.antennaDropout</c>.</remarks>
    public IReadOnlyList<ModalityMask> Masks =>
        ModalityMask.Subsets(
            [.. Facts.Streams.Modalities],
            allOnly: !Recipe.BearsMissing,
            Recipe.Model.AntennaDropout > 0 ? Facts.Antennas : 1
        );

    /// <inheritdoc/>
    /// <remarks>What its twin says, where it has one that is finished.</remarks>
    public IReadOnlyDictionary<string, float[]> LeftOut() =>
        Facts.IsRefitted && File.Exists(run.HeldOutPath)
            ? run.LeftOut(RunDirectory.Open(run.TwinFolder).Facts.Validation)
            : new Dictionary<string, float[]>();

    /// <summary>Where attention fusion looked in the last <see cref="PredictAll"/>, under the mask that shows most;
    /// null where the recipe's fusion has no attention.</summary>
    public AttentionMap? Attention { get; private set; }

    /// <returns>Probabilities (K) in the order of <see cref="Labels"/>.</returns>
    /// <param name="sample">What there is of the sample.</param>
    /// <param name="mask">What of it may be used; null = all.</param>
    /// <exception cref="InvalidDataException">The sample lacks a modality that the run cannot do without, or has
    /// another shape.</exception>
    public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null)
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
        StoredSample.CheckKeys(run.Folder, run.Facts, features, Recipe.BearsMissing);
        using TorchThreads own = TorchThreads.Use(threads);
        List<float[]>[] results = [.. masks.Select(_ => new List<float[]>(samples.Count))];
        var attention = new AttentionSum([.. Facts.Streams.Modalities]);
        int done = 0;
        Report();
        foreach (Sample[] chunk in samples.Chunk(Batch))
        {
            cancel.ThrowIfCancellationRequested();
            PerModality<float[]>[] encoded =
            [
                .. chunk.Select(s => Encode(StoredSample.Load(run.Facts, features, s.Key))),
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
        foreach (nn.Module part in Loaded.Parts)
            part.Dispose();
        Loaded.Joint?.Dispose();
    }

    /// <summary>Writes its networks.</summary>
    /// <param name="prefix">Of their names.</param>
    /// <param name="weight">Its part in the vote.</param>
    /// <param name="entries">Receives them.</param>
    internal BundledMember Export(string prefix, double weight, Dictionary<string, byte[]> entries)
    {
        string classifier = $"{prefix}classifier.onnx";
        entries.Add(classifier, Loaded.Model.ToOnnx(Recipe.Name));
        return new BundledMember
        {
            Name = Recipe.Name,
            Weight = weight,
            Temperature = Calibration.Temperature,
            Streams = Facts.Streams.Select(
                (modality, stream) =>
                    new BundledStream(
                        Encoder(modality, stream.Key),
                        Recipe.StepsSeen(modality),
                        Recipe.Centres(modality),
                        stream.Key.Shape[0],
                        stream.Width
                    )
            ),
            Antennas = Facts.Antennas,
            Classifier = classifier,
            Views = Recipe.Model.Views,
            TempoSpread = Recipe.Training.TempoSpread,
            Steps = Recipe.Model.Steps,
            Masks = Masks,
            Parameters = Parameters,
        };

        string? Encoder(Modality modality, FeatureKey key)
        {
            if (Loaded.Encoders[modality] is not { } encoder)
                return null;
            // ResNet50's last stage learns with the run; the stages below it are the bundle's RGB encoder.
            bool last = modality == Modality.Rgb && Recipe.Rgb.Encoder == RgbEncoderMode.LastStage;
            string entry = $"{prefix}{modality}-{(last ? "last-stage" : "encoder")}.onnx";
            var graph = new OnnxGraph(encoder.GetName());
            graph.Input("frames", key.Shape.AsSpan(1));
            graph.Output(encoder.Write(graph, "frames", key.Shape[1..]), "features", "T", "F");
            entries.Add(entry, graph.ToModel());
            return entry;
        }
    }

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

    private static bool Encodes(RunDirectory run) => run.Facts.Radar?.IsFrames == true;

    private static Network LoadNetwork(RunDirectory run)
    {
        Recipe recipe = run.Recipe;
        SignModel model = ModelFactory.Sign(recipe, run.Facts);
        PerModality<FrameEncoder> encoders = run.Facts.Keys.Select(
                (modality, key) => ModelFactory.Encoder(recipe, modality, key)
            ),
            together = encoders.Where(recipe.LearnsEncoder);
        JointModel? joint = together.Count > 0 ? new JointModel(together, model) : null;
        Checkpoint.LoadWeights(run.BestPath, joint is null ? model : joint);
        if (encoders[Modality.Radar] is { } radar && !recipe.LearnsRadar)
            Checkpoint.LoadWeights(run.RadarEncoderPath, radar);
        var network = new Network(encoders, model, joint);
        foreach (nn.Module part in network.Parts)
            part.eval();
        return network;
    }

    /// <returns>Checked features (T, F) of what the sample has.</returns>
    private PerModality<float[]> Encode(PerModality<RecordingSteps> sample)
    {
        PerModality<RecordingSteps> used = sample.Where(m => Facts.Streams[m] is not null);
        if (used.Count == 0)
            throw new InvalidDataException($"The sample has nothing that recipe '{Recipe.Name}' takes.");
        foreach (Modality modality in Facts.Streams.Modalities.Where(m => used[m] is null && !Recipe.BearsMissing))
            throw new InvalidDataException(
                $"The sample has no {modality.Title}, and recipe '{Recipe.Name}' needs it. Use a run trained without {modality.Title}, "
                    + "or one trained to do without (model.modalityDropout)."
            );
        return used.Select(
            (modality, steps) =>
            {
                steps.Check(modality, Facts.Keys[modality]!.Shape.AsSpan(1));
                return Encode(Loaded.Encoders[modality], steps, Recipe.StepsSeen(modality));
            }
        );
    }

    /// <param name="encoder">Null = they are features already.</param>
    /// <param name="given">(T, …).</param>
    /// <param name="steps">What an encoder that learnt with the model has seen of a sample, as <see
    /// cref="ModelRecipe.Steps"/>.</param>
    /// <returns>(T, F), at most so many steps.</returns>
    private static float[] Encode(FrameEncoder? encoder, RecordingSteps given, int steps)
    {
        if (encoder is null)
            return given.Values;
        using Tensor all = tensor(given.Values, [given.Length, .. given.Shape.Select(n => (long)n)]);
        using Tensor chosen = tensor(
            StepPlan.Evenly(given.Length, given.Length, tempo: 1, steps, null).Select(step => (long)step).ToArray()
        );
        using Tensor frames = all.index_select(0, chosen);
        return encoder.EncodeSample(frames);
    }

    private float[][] Classify(PerModality<float[]>[] samples, ModalityMask? mask, AttentionSum? attention = null)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        PerModality<FeatureSequences> features = Facts.Streams.Select(
            (modality, stream) =>
                new FeatureSequences(stream.Width, Recipe.Centres(modality)) { Longest = stream.Key.Shape[0] }
        );
        foreach (PerModality<float[]> sample in samples)
        foreach ((Modality modality, FeatureSequences sequence) in features)
            sequence.Add(sample[modality] ?? []);
        var sequences = new SampleSequences(features.Select<IStepSource>((_, s) => s), Recipe.Model.Steps);
        int[] every = [.. Enumerable.Range(0, samples.Length)];
        int views = Recipe.Model.Views;
        Tensor logits = zeros(samples.Length, Labels.Count);
        for (int view = 0; view < views; view++)
        {
            double tempo = views == 1 ? 1 : 1 + Recipe.Training.TempoSpread * (2.0 * view / (views - 1) - 1);
            PerModality<ModalitySteps> shown = sequences.Batch(every, Recipe.Training, null, tempo);
            logits.add_(Loaded.Model.Classify(shown, mask));
            if (attention is not null && Loaded.Model.Attention is { } looked)
                Add(attention, looked, shown);
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

    /// <param name="sum">Receives the samples that have the first modality and others.</param>
    /// <param name="looked">(B, T, ΣT), the first modality's steps on those of all others.</param>
    /// <param name="shown">All of them.</param>
    private static void Add(AttentionSum sum, Tensor looked, PerModality<ModalitySteps> shown)
    {
        int rows = (int)looked.shape[1],
            columns = (int)looked.shape[2];
        float[] weights = looked.contiguous().data<float>().ToArray();
        ModalitySteps[] others = [.. shown.Values.Skip(1)];
        int[] starts = [.. others.Select((_, i) => others[..i].Sum(o => (int)o.Steps.shape[1]))];
        foreach ((int b, int own) in shown.Values.First().Lengths.Index())
            if (own > 0 && others.Any(o => o.Lengths[b] > 0))
                sum.Add(
                    weights.AsSpan(b * rows * columns, rows * columns),
                    columns,
                    own,
                    [.. others.Select((o, i) => (starts[i], o.Lengths[b]))]
                );
    }
}
