using System.Text;
using Gesto.Bundles;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;

namespace Gesto.Training.Recognition;

/// <summary>A bundle that is evaluated, or votes, as the run it was exported from.</summary>
/// <remarks>On ONNX Runtime. Attention maps and out-of-fold predictions are not in a bundle.</remarks>
internal sealed class ExportedRecogniser : ITrainedRecogniser
{
    private readonly BundledRecogniser recogniser;
    private readonly string path;
    private readonly int threads;

    private ExportedRecogniser(BundleFile bundle, int threads, FeatureSet? samples)
    {
        (path, this.threads, Bundle) = (bundle.Path, threads, bundle.Manifest);
        (Recipe, Facts) = Read(bundle, samples?.Samples.Select(s => s.Key) ?? []);
        recogniser = new BundledRecogniser(bundle);
    }

    /// <param name="path">A `.gesto` file.</param>
    /// <param name="threads">Samples predicted at a time.</param>
    /// <param name="samples">As of <see cref="ITrainedRecogniser.Load"/>.</param>
    /// <exception cref="InvalidDataException">It does not say what it learnt from.</exception>
    public static ExportedRecogniser Load(string path, int threads, FeatureSet? samples)
    {
        using BundleFile bundle = BundleFile.Open(path);
        return new ExportedRecogniser(bundle, threads, samples);
    }

    /// <summary>What a bundle was trained on; no network is opened. Errors as of <see cref="Load"/>.</summary>
    /// <param name="path">A `.gesto` file.</param>
    /// <param name="keys">Samples that may be asked about.</param>
    public static RunFacts FactsOf(string path, IEnumerable<string> keys)
    {
        using BundleFile bundle = BundleFile.Open(path);
        return Read(bundle, keys).Facts;
    }

    public BundleManifest Bundle { get; }

    public Recipe Recipe { get; }

    public RunFacts Facts { get; }

    public LabelSet Labels => recogniser.Labels;

    public IReadOnlyList<(string First, string Second)> CostlyPairs => recogniser.CostlyPairs;

    public IReadOnlyList<ModalityMask> Masks => recogniser.Masks;

    public long Parameters => Bundle.Members.Sum(m => m.Parameters);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Set: it is part of the bundle.</exception>
    public Calibration Calibration
    {
        get => Bundle.Calibration;
        set => throw new NotSupportedException($"{path}: a bundle's calibration stays as it was exported.");
    }

    /// <inheritdoc/>
    /// <remarks>None: a bundle does not hold them.</remarks>
    public IReadOnlyDictionary<string, float[]> LeftOut() => new Dictionary<string, float[]>();

    public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null) =>
        recogniser.Predict(sample, mask);

    public float[][][] PredictAll(
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<ModalityMask> masks,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        bool evenWithout = Facts.Keys.Modalities.All(modality => Masks.Any(mask => !mask.Uses(modality)));
        StoredSample.CheckKeys(path, Facts, features, evenWithout);
        var said = new float[samples.Count][][];
        int done = 0;
        progress?.Report(new WorkProgress("predict", 0, samples.Count, "samples"));
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        try
        {
            Parallel.For(0, said.Length, options, n =>
            {
                said[n] = recogniser.Predict(StoredSample.Load(Facts, features, samples[n].Key), masks);
                progress?.Report(
                    new WorkProgress("predict", Interlocked.Increment(ref done), samples.Count, "samples")
                );
            });
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return [.. masks.Select((_, m) => said.Select(s => s[m]).ToArray())];
    }

    public void Dispose() => recogniser.Dispose();

    /// <summary>Copies its networks, and what it says of itself, into another bundle. Parameters as of <see
    /// cref="NetworkRecogniser.Export"/>.</summary>
    internal BundledMember Export(string prefix, double weight, Dictionary<string, byte[]> entries)
    {
        using BundleFile bundle = BundleFile.Open(path);
        BundledMember member = Bundle.Members[0];
        return member with
        {
            Weight = weight,
            Classifier = Copy(member.Classifier)!,
            Streams = member.Streams.Select((_, stream) => stream with { Encoder = Copy(stream.Encoder) }),
            Recipe = Copy(member.Recipe),
            Facts = Copy(member.Facts),
        };

        string? Copy(string? entry)
        {
            if (entry is null)
                return null;
            entries.Add(prefix + entry, bundle.Read(entry));
            return prefix + entry;
        }
    }

    /// <summary>Copies its RGB encoder likewise.</summary>
    /// <returns>Null where it has none.</returns>
    internal BundledRgbEncoder? ExportRgbEncoder(Dictionary<string, byte[]> entries)
    {
        if (Bundle.RgbEncoder is not { } encoder)
            return null;
        using BundleFile bundle = BundleFile.Open(path);
        entries.Add(encoder.Entry, bundle.Read(encoder.Entry));
        return encoder;
    }

    /// <summary>Copies the networks that find landmarks likewise.</summary>
    /// <returns>Null where it has none.</returns>
    internal BundledLandmarker? ExportLandmarker(Dictionary<string, byte[]> entries)
    {
        if (Bundle.Landmarker is not { } landmarker)
            return null;
        using BundleFile bundle = BundleFile.Open(path);
        foreach (string entry in landmarker.Networks.Values)
            entries[entry] = bundle.Read(entry);
        return landmarker;
    }

    private static (Recipe Recipe, RunFacts Facts) Read(BundleFile bundle, IEnumerable<string> keys)
    {
        BundleManifest manifest = bundle.Manifest;
        string[] names = [.. keys];
        var recipes = new List<Recipe>();
        var facts = new List<RunFacts>();
        foreach (BundledMember member in manifest.Members)
        {
            if (member.Recipe is null || member.Facts is null)
                throw new InvalidDataException(
                    $"{bundle.Path}: does not say what it learnt from, which evaluation and votes need. "
                        + "Export the run again."
                );
            recipes.Add(RecipeFile.Parse(TextOf(member.Recipe), $"{bundle.Path}: {member.Recipe}"));
            facts.Add(
                SampleHashes.Reveal(
                    RunDirectory.Parse(TextOf(member.Facts), $"{bundle.Path}: {member.Facts}", () => recipes[^1]),
                    names
                )
            );
        }
        bool alone = manifest.Members.Count == 1;
        RunFacts joined = alone ? facts[0] : Ensemble.Join(facts);
        // Where the two say the same, the manifest is what the networks are run by.
        return (
            alone ? recipes[0] : Ensemble.Join(manifest.Name, recipes),
            joined with
            {
                Labels = manifest.Labels,
                Streams = joined.Streams.Select(
                    (modality, stream) => manifest.Keys[modality] is { } key ? stream with { Key = key } : null
                ),
                Simulated = manifest.Simulated,
            }
        );

        string TextOf(string entry) => Encoding.UTF8.GetString(bundle.Read(entry));
    }
}
