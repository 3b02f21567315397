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
                : ModalityMask.Ordered(
                    manifest.Members.SelectMany(m => m.Masks).Prepend(ModalityMask.Of(Keys.Modalities))
                );
    }

    public string Name => manifest.Name;

    public LabelSet Labels { get; }

    public PerModality<FeatureKey> Keys => manifest.Keys;

    public Calibration Calibration => manifest.Calibration;

    public IReadOnlyList<(string First, string Second)> CostlyPairs { get; }

    public IReadOnlyList<ModalityMask> Masks { get; }

    public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null)
    {
        mask ??= ModalityMask.All;
        PerModality<RecordingSteps> used = sample.Where(m => mask.Uses(m) && Keys[m] is not null);
        foreach ((Modality modality, RecordingSteps steps) in used)
            steps.Check(modality, Keys[modality]!.Shape.AsSpan(1));
        ModalityMask offered = mask.Among(used.Modalities);
        var each = new List<float[]>();
        var voters = new List<int>();
        for (int m = 0; m < networks.Count; m++)
        {
            BundledMember member = networks[m].Member;
            if (!member.Masks.Contains(offered.Among(member.Streams.Modalities)))
                continue;
            voters.Add(m);
            each.Add(networks[m].Classify(used, offered.HiddenAntennas));
        }
        if (voters.Count == 0)
            throw new InvalidDataException($"'{Name}' cannot do with {offered}.");
        return networks.Count == 1
            ? each[0]
            : ProbabilityPool.Of(
                [.. each],
                ProbabilityPool.Shares([.. networks.Select(n => n.Member.Weight)], voters),
                Calibration.Temperature
            );
    }

    public void Dispose()
    {
        foreach (BundledNetwork network in networks)
            network.Dispose();
    }
}
