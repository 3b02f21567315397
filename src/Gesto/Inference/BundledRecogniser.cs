using Gesto.Bundles;
using Gesto.Encoders;
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
        var all = new ModalityMask(manifest.Rgb is not null, manifest.Radar is not null);
        Masks =
            manifest.Members.Count == 1
                ? manifest.Members[0].Masks
                : ModalityMask.Ordered(manifest.Members.SelectMany(m => m.Masks).Prepend(all));
    }

    public string Name => manifest.Name;

    public LabelSet Labels { get; }

    public FeatureKey? Rgb => manifest.Rgb;

    public FeatureKey? Radar => manifest.Radar;

    public Calibration Calibration => manifest.Calibration;

    public IReadOnlyList<(string First, string Second)> CostlyPairs { get; }

    public IReadOnlyList<ModalityMask> Masks { get; }

    public float[] Predict(SampleFeatures sample, ModalityMask? mask = null)
    {
        mask ??= ModalityMask.All;
        bool hasRgb = mask.Rgb && sample.Rgb is not null && manifest.Rgb is not null,
            hasRadar = mask.Radar && sample.Radar is not null && manifest.Radar is not null;
        int[] rgbShape = manifest.Rgb?.Shape[1..] ?? [],
            radarShape = manifest.Radar?.Shape[1..] ?? [];
        if (hasRgb)
            SampleFeatures.Check("RGB", sample.Rgb!, sample.RgbLength, rgbShape, rgbShape);
        if (hasRadar)
            SampleFeatures.Check("radar", sample.Radar!, sample.RadarLength, sample.RadarShape, radarShape);
        var each = new List<float[]>();
        var voters = new List<int>();
        for (int m = 0; m < networks.Count; m++)
        {
            BundledMember member = networks[m].Member;
            bool rgb = hasRgb && member.Rgb is not null,
                radar = hasRadar && member.Radar is not null;
            IReadOnlyList<int> hidden = mask.HiddenAntennas ?? [];
            if (!member.Masks.Any(known => known.Words == (mask with { Rgb = rgb, Radar = radar }).Words))
                continue;
            voters.Add(m);
            each.Add(
                networks[m].Classify(rgb ? sample.Rgb : null, rgbShape, radar ? sample.Radar : null, radarShape, hidden)
            );
        }
        if (voters.Count == 0)
            throw new InvalidDataException(
                $"'{Name}' cannot do with {(mask with { Rgb = hasRgb, Radar = hasRadar }).Words}."
            );
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
