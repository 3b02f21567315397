using System.Globalization;
using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;

namespace Gesto.Training.Recognition;

/// <summary>Several runs that vote: a weighted mean of their log-probabilities, p ∝ exp((1/T) Σ w_m log p_m).</summary>
/// <remarks> The logarithmic opinion pool (C. Genest, J. V. Zidek, "Combining Probability Distributions", Statistical
/// Science 1 (1986)), not the mean of probabilities: where camera and radar err independently given the sign, their
/// evidence multiplies; the mean of calibrated probabilities is itself not calibrated (R. Ranjan, T. Gneiting,
/// "Combining probability forecasts", J. R. Stat. Soc. B 72 (2010)); and its loss is convex in the weights, temperature
/// among them. Its price: a member that gives a sign nearly 0 vetoes it, so members enter with their own calibration.
/// </remarks>
internal sealed class Ensemble : ITrainedRecogniser
{
    private readonly IReadOnlyList<ITrainedRecogniser> members;
    private readonly VoteWeights weights;

    internal Ensemble(
        string folder,
        IReadOnlyList<ITrainedRecogniser> members,
        VoteWeights weights,
        Calibration calibration
    )
    {
        CheckTogether(folder, members);
        (this.members, this.weights, Calibration) = (members, weights, calibration);
        Facts = Join([.. members.Select(m => m.Facts)]);
        string own = Path.Combine(folder, RecipeFile.FileName); // of a recipe with members
        Recipe = Join(
            File.Exists(own)
                ? RecipeFile.Load(own).Name
                : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            [.. members.Select(m => m.Recipe)]
        );
    }

    /// <summary>The first member's, with the ensemble's name and all members' modalities.</summary>
    public Recipe Recipe { get; }

    public LabelSet Labels => members[0].Labels;

    /// <summary>Keys of the modalities that any member uses; Train is what any member learned from, Validation and Fold
    /// what all held out.</summary>
    public RunFacts Facts { get; }

    public long Parameters => members.Sum(m => m.Parameters);

    public Calibration Calibration { get; set; }

    /// <inheritdoc/>
    /// <remarks>None: what its weights were fitted on, it has seen.</remarks>
    public IReadOnlyDictionary<string, float[]> LeftOut() => new Dictionary<string, float[]>();

    /// <summary>Everything, and what any member can do with less: those who can, vote.</summary>
    public IReadOnlyList<ModalityMask> Masks =>
        VoteWeights.MasksOf(Facts.Streams.Modalities, [.. members.Select(m => (m.Masks, m.Facts.Streams.Modalities))]);

    internal IReadOnlyList<ITrainedRecogniser> Members => members;

    internal VoteWeights Weights => weights;

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, EnsembleFile.FileName));

    /// <param name="folder">An ensemble.</param>
    /// <param name="threads">As of <see cref="ITrainedRecogniser.Load"/>.</param>
    /// <param name="samples">Likewise.</param>
    /// <exception cref="InvalidDataException">A member is missing, unfinished, or does not go with the
    /// others.</exception>
    public static Ensemble Load(string folder, int threads, FeatureSet? samples = null) =>
        Load(folder, path => LoadMember(path, threads, samples));

    /// <inheritdoc cref="NetworkRecogniser.LoadInBackground(string, int)"/>
    internal static Ensemble LoadInBackground(string folder, int threads) =>
        Load(folder, path =>
            BundleFile.Is(path)
                ? LoadMember(path, threads, samples: null)
                : ITrainedRecogniser.LoadRun(path, run => NetworkRecogniser.LoadInBackground(run, threads))
        );

    internal static Ensemble Load(
        string folder,
        IReadOnlyList<string> members,
        VoteWeights weights,
        Calibration calibration,
        int threads,
        FeatureSet samples
    ) => Load(folder, members, weights, calibration, path => LoadMember(path, threads, samples));

    private static ITrainedRecogniser LoadMember(string path, int threads, FeatureSet? samples)
    {
        if (!BundleFile.Is(path))
            return ITrainedRecogniser.LoadRun(path, run => NetworkRecogniser.Load(run, threads));
        ExportedRecogniser exported = ExportedRecogniser.Load(path, threads, samples);
        if (exported.Bundle.Members.Count == 1)
            return exported;
        exported.Dispose();
        throw new InvalidDataException($"{path}: several that vote themselves; name bundles of single runs instead.");
    }

    private static Ensemble Load(string folder, Func<string, ITrainedRecogniser> load)
    {
        EnsembleFile file = EnsembleFile.Load(folder);
        string[] runs = [.. file.Members.Select(m => Path.GetFullPath(Path.Combine(folder, m.Run)))];
        foreach (string run in runs)
        {
            if (Exists(run))
                throw new InvalidDataException(
                    $"{folder}: its member {run} is an ensemble itself; name its members instead."
                );
            if (!RunDirectory.Exists(run) && !BundleFile.Is(run))
                throw new InvalidDataException(
                    $"{folder}: its member {run} is not there. Make the ensemble again."
                ).Suggest(NextStep.MakeEnsemble);
        }
        VoteWeights weights = new([.. file.Members.Select(m => m.Weight)], file.Subsets);
        return Load(folder, runs, weights, Calibration.Load(folder), load);
    }

    private static Ensemble Load(
        string folder,
        IReadOnlyList<string> runs,
        VoteWeights weights,
        Calibration calibration,
        Func<string, ITrainedRecogniser> load
    )
    {
        var members = new List<ITrainedRecogniser>();
        try
        {
            foreach (string run in runs)
                members.Add(load(run));
            return new Ensemble(folder, members, weights, calibration);
        }
        catch
        {
            foreach (ITrainedRecogniser member in members)
                member.Dispose();
            throw;
        }
    }

    public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null)
    {
        ModalityMask offered = (mask ?? ModalityMask.All).Among(sample.Modalities);
        int[] voters = VotersFor(offered);
        return Pool([.. voters.Select(v => members[v].Predict(sample, mask))], voters, offered);
    }

    public float[][][] PredictAll(
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<ModalityMask> masks,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        float[][][] results = [.. masks.Select(_ => new float[samples.Count][])];
        // Who votes hangs on what a sample has; nearly always all have the same.
        foreach (
            IGrouping<ModalityMask, (int Index, Sample Item)> alike in samples
                .Index()
                .GroupBy(s => features.Offers(s.Item))
        )
        {
            Sample[] those = [.. alike.Select(s => s.Item)];
            ModalityMask[] left = [.. masks.Select(m => m.Among(alike.Key.Used))];
            float[][][] found = PredictAlike(features, those, left, progress, cancel);
            for (int m = 0; m < masks.Count; m++)
                foreach ((int i, (int n, _)) in alike.Index())
                    results[m][n] = found[m][i];
        }
        return results;
    }

    /// <summary>As <see cref="PredictAll"/>, of samples that have the same modalities.</summary>
    private float[][][] PredictAlike(
        FeatureSet features,
        Sample[] samples,
        ModalityMask[] masks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        int[][] voters = [.. masks.Select(VotersFor)];
        // Each member encodes a sample once, for all masks that it votes under: (member, mask) → (N, K).
        var predicted = new Dictionary<(int Member, int Mask), float[][]>();
        for (int m = 0; m < members.Count; m++)
        {
            int[] mine = [.. Enumerable.Range(0, masks.Length).Where(i => voters[i].Contains(m))];
            float[][][] probabilities = members[m]
                .PredictAll(features, samples, [.. mine.Select(i => masks[i])], progress, cancel);
            for (int i = 0; i < mine.Length; i++)
                predicted[(m, mine[i])] = probabilities[i];
        }
        return
        [
            .. voters.Select(
                (those, i) =>
                    samples
                        .Select((_, n) => Pool([.. those.Select(v => predicted[(v, i)][n])], those, masks[i]))
                        .ToArray()
            ),
        ];
    }

    public void Dispose()
    {
        foreach (ITrainedRecogniser member in members)
            member.Dispose();
    }

    /// <returns>The members that can do with no more than this.</returns>
    /// <exception cref="InvalidDataException">None can.</exception>
    private int[] VotersFor(ModalityMask mask)
    {
        int[] voters =
        [
            .. Enumerable
                .Range(0, members.Count)
                .Where(m => members[m].CanUse(mask.Among(members[m].Facts.Streams.Modalities))),
        ];
        return voters.Length > 0
            ? voters
            : throw new InvalidDataException(
                $"No member of '{Recipe.Name}' can do with {mask.Among(Facts.Streams.Modalities)}."
            );
    }

    /// <param name="each">(voters, K).</param>
    /// <param name="voters">Who.</param>
    /// <param name="offered">What they had.</param>
    private float[] Pool(float[][] each, int[] voters, ModalityMask offered) =>
        ProbabilityPool.Of(each, weights.Of(offered.Among(Facts.Streams.Modalities), voters), Calibration.Temperature);

    /// <returns>The first member's, with a name and all members' modalities.</returns>
    internal static Recipe Join(string name, IReadOnlyList<Recipe> members) =>
        members[0] with
        {
            Name = name,
            Why = $"ensemble of {string.Join(", ", members.Select(m => m.Name))}",
            Modalities = [.. Modality.All.Where(m => members.Any(r => r.Uses(m))).Select(m => m.Name)],
        };

    /// <returns>As <see cref="Facts"/>.</returns>
    internal static RunFacts Join(IReadOnlyList<RunFacts> members)
    {
        return members[0] with
        {
            Streams = PerModality.For(Modality.All, m =>
                members.Select(r => r.Streams[m]).FirstOrDefault(s => s is not null)
            ),
            Train = [.. members.SelectMany(m => m.Train).Distinct()],
            PseudoLabels = members.Select(m => m.PseudoLabels).OfType<PseudoLabels>().ToArray()
                is { Length: > 0 } pseudo
                ? pseudo[0] with
                {
                    ClassIds = pseudo.SelectMany(p => p.ClassIds).DistinctBy(p => p.Key).ToDictionary(),
                }
                : null,
            Validation = [.. members.Select(m => m.Validation).Aggregate((a, b) => [.. a.Intersect(b)])],
            Fold = [.. members.Select(m => m.Fold).Aggregate((a, b) => [.. a.Intersect(b)])],
            DataFingerprint = string.Join(' ', members.Select(m => m.DataFingerprint).Distinct()),
        };
    }

    private static void CheckTogether(string folder, IReadOnlyList<ITrainedRecogniser> members)
    {
        ITrainedRecogniser first = members[0];
        foreach (ITrainedRecogniser other in members.Skip(1))
        {
            if (other.Labels.Fingerprint != first.Labels.Fingerprint)
                throw Apart(
                    folder,
                    first,
                    other,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"their label sets ({first.Labels.Count} and {other.Labels.Count} classes)"
                    )
                );
            foreach (ITrainedRecogniser before in members.TakeWhile(m => m != other))
            {
                foreach ((Modality modality, FeatureKey key) in before.Facts.Keys)
                    if (other.Facts.Keys[modality] is { } its && key.DifferenceTo(its) is { } difference)
                        throw Apart(
                            folder,
                            before,
                            other,
                            $"how their {modality.Title} features were made ({difference})"
                        );
            }
        }
    }

    private static InvalidDataException Apart(string folder, ITrainedRecogniser a, ITrainedRecogniser b, string what) =>
        new(
            $"{folder}: '{a.Recipe.Name}' and '{b.Recipe.Name}' differ in {what}; they cannot vote together. Train both on the same features."
        );
}
