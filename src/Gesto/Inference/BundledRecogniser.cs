using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Inference;

/// <summary>A bundle's recogniser: one network, or several that vote. Thread-safe.</summary>
internal sealed class BundledRecogniser : IRecogniser
{
    private readonly BundleManifest manifest;
    private readonly List<BundledNetwork> networks = [];
    private readonly VoteWeights weights;

    /// <param name="bundle">Read to its end here.</param>
    /// <exception cref="BundleException">A network is not what the bundle says.</exception>
    public BundledRecogniser(BundleFile bundle)
    {
        manifest = bundle.Manifest;
        Labels = new LabelSet(manifest.Labels);
        CostlyPairs = [.. manifest.CostlyPairs.Select(p => (p[0], p[1]))];
        try
        {
            foreach (BundledMember member in manifest.Members)
                networks.Add(new BundledNetwork(bundle, member, Labels.Count));
        }
        catch
        {
            Dispose();
            throw;
        }
        Masks =
            manifest.Members.Count == 1
                ? manifest.Members[0].Masks
                : VoteWeights.MasksOf(
                    Keys.Modalities,
                    [.. manifest.Members.Select(m => (m.Masks, m.Streams.Modalities))]
                );
        weights = new([.. manifest.Members.Select(m => m.Weight)], manifest.Subsets);
    }

    public string Name => manifest.Name;

    public LabelSet Labels { get; }

    public PerModality<FeatureKey> Keys => manifest.Keys;

    public Calibration Calibration => manifest.Calibration;

    public IReadOnlyList<(string First, string Second)> CostlyPairs { get; }

    public IReadOnlyList<ModalityMask> Masks { get; }

    public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null) =>
        Predict(sample, [mask ?? ModalityMask.All])[0];

    /// <summary>The same under each mask; what encodes a modality runs once.</summary>
    /// <returns>(masks, K).</returns>
    public float[][] Predict(PerModality<RecordingSteps> sample, IReadOnlyList<ModalityMask> masks)
    {
        PerModality<RecordingSteps> used = sample.Where(m => Keys[m] is not null && masks.Any(mask => mask.Uses(m)));
        foreach ((Modality modality, RecordingSteps steps) in used)
            steps.Check(modality, Keys[modality]!.Shape.AsSpan(1));
        ModalityMask[] offered = [.. masks.Select(m => m.Among(used.Modalities))];
        List<(int Network, float[] Said)>[] votes = [.. masks.Select(_ => new List<(int, float[])>())];
        foreach ((int n, BundledNetwork network) in networks.Index())
        {
            var encoded = PerModality<float[]>.None;
            foreach ((int i, ModalityMask mask) in offered.Index())
            {
                ModalityMask shown = mask.Among(network.Member.Streams.Modalities);
                if (!network.Member.Masks.Contains(shown))
                    continue;
                foreach (Modality modality in shown.Used.Where(m => encoded[m] is null))
                    encoded = encoded.With(modality, network.Encode(modality, used[modality]!));
                votes[i].Add((n, network.Classify(encoded.Where(shown.Uses), shown.HiddenAntennas)));
            }
        }
        return [.. votes.Select((cast, i) => Pool(cast, offered[i]))];
    }

    public void Dispose()
    {
        foreach (BundledNetwork network in networks)
            network.Dispose();
    }

    private float[] Pool(List<(int Network, float[] Said)> votes, ModalityMask offered)
    {
        if (votes.Count == 0)
            throw new InvalidDataException($"'{Name}' cannot do with {offered}.");
        return networks.Count == 1
            ? votes[0].Said
            : ProbabilityPool.Of(
                [.. votes.Select(v => v.Said)],
                weights.Of(offered, [.. votes.Select(v => v.Network)]),
                Calibration.Temperature
            );
    }
}
