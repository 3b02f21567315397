using System.Globalization;
using Gesto.Training.Weights;

namespace Gesto.Training.Models;

/// <summary>One modality's part of a <see cref="LinearModel"/>: pooled, each value minus its mean and times its
/// scale.</summary>
/// <param name="Pooling">What is taken of a clip.</param>
/// <param name="Features">F, features a step.</param>
/// <param name="Mean">(<see cref="PooledClip.Width"/>), of the clips learnt from.</param>
/// <param name="Scale">Likewise; 1 / deviation / √(values of its kind), so that mean, spread and parts weigh the same;
/// 0 where nothing varies.</param>
internal sealed record LinearInput(ClipPooling Pooling, int Features, float[] Mean, float[] Scale)
{
    /// <param name="pooled">All of it, as <see cref="PooledClip.Of"/> gives it.</param>
    /// <returns>(<see cref="PooledClip.Width"/>).</returns>
    public float[] Standardise(ReadOnlySpan<float> pooled)
    {
        var values = new float[Mean.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = (pooled[i] - Mean[i]) * Scale[i];
        return values;
    }
}

/// <summary>A linear map of standardised values: for one set of modalities.</summary>
/// <param name="Rgb">(F, K), null where it does without RGB.</param>
/// <param name="Radar">Likewise.</param>
/// <param name="Bias">(K).</param>
internal sealed record LinearMap(float[]? Rgb, float[]? Radar, float[] Bias);

/// <summary>Logits as a linear map of each modality's pooled clip; a map of its own for each set of modalities that a
/// sample may have.</summary>
internal sealed class LinearModel
{
    private const string Format = "gesto-linear";

    /// <summary>Null = learnt without RGB.</summary>
    public LinearInput? Rgb { get; init; }

    public LinearInput? Radar { get; init; }

    /// <summary>How radar frames become steps; null where they are features already.</summary>
    public RadarReduction? Reduction { get; init; }

    /// <summary>By what a sample has. What is left out of all of them is not known.</summary>
    public required IReadOnlyDictionary<(bool Rgb, bool Radar), LinearMap> Maps { get; init; }

    public long Parameters =>
        Maps.Values.Sum(m => (m.Rgb?.LongLength ?? 0) + (m.Radar?.LongLength ?? 0) + m.Bias.LongLength);

    /// <param name="rgb">(T, F) features; null = the sample has none.</param>
    /// <param name="radar">(T, A, R, D) frames or (T, F) features; null = the sample has none.</param>
    /// <returns>What <see cref="Classify"/> takes.</returns>
    public (float[]? Rgb, float[]? Radar) Pool(float[]? rgb, float[]? radar) =>
        (
            rgb is null ? null : Rgb!.Standardise(PooledClip.Of(rgb, Rgb.Features)),
            radar is null ? null : Radar!.Standardise(PooledClip.Of(Reduction?.Apply(radar) ?? radar, Radar.Features))
        );

    /// <param name="rgb">Of <see cref="Pool"/>; null = not used.</param>
    /// <param name="radar">Likewise.</param>
    /// <param name="hidden">Antennas that count as missing: their values are taken to be what they are on
    /// average.</param>
    /// <returns>Probabilities (K).</returns>
    public float[] Classify(float[]? rgb, float[]? radar, IReadOnlyCollection<int> hidden)
    {
        LinearMap map = Maps[(rgb is not null, radar is not null)];
        double[] logits = [.. map.Bias.Select(b => (double)b)];
        if (rgb is not null)
            Add(logits, rgb, map.Rgb!, _ => true);
        if (radar is not null)
            Add(
                logits,
                radar,
                map.Radar!,
                Reduction is { } maps && hidden.Count > 0
                    ? i => !hidden.Contains(i % maps.Width / maps.WidthPerAntenna)
                    : _ => true
            );
        return Softmax(logits);
    }

    public static float[] Softmax(ReadOnlySpan<double> logits)
    {
        double highest = double.NegativeInfinity,
            sum = 0;
        foreach (double logit in logits)
            highest = Math.Max(highest, logit);
        var raised = new double[logits.Length];
        for (int k = 0; k < raised.Length; k++)
            sum += raised[k] = Math.Exp(logits[k] - highest);
        return Array.ConvertAll(raised, v => (float)(v / sum));
    }

    public void Save(string path)
    {
        var tensors = new List<NamedTensor>();
        var metadata = new Dictionary<string, string> { ["format"] = Format, ["version"] = "1" };
        foreach ((string name, LinearInput? input) in new[] { ("rgb", Rgb), ("radar", Radar) })
        {
            if (input is null)
                continue;
            metadata[$"{name}.pooling"] = input.Pooling.ToString();
            metadata[$"{name}.features"] = Text(input.Features);
            tensors.Add(NamedTensor.From($"{name}.mean", input.Mean, input.Mean.Length));
            tensors.Add(NamedTensor.From($"{name}.scale", input.Scale, input.Scale.Length));
        }
        if (Reduction is { } r)
            metadata["radar.frames"] =
                $"{Text(r.Antennas)},{Text(r.Rows)},{Text(r.Columns)},{(r.Logarithm ? "log" : "as they are")}";
        foreach (((bool rgb, bool radar) uses, LinearMap map) in Maps)
        {
            string name = NameOf(uses);
            int classes = map.Bias.Length;
            if (map.Rgb is { } a)
                tensors.Add(NamedTensor.From($"{name}.rgb", a, a.Length / classes, classes));
            if (map.Radar is { } b)
                tensors.Add(NamedTensor.From($"{name}.radar", b, b.Length / classes, classes));
            tensors.Add(NamedTensor.From($"{name}.bias", map.Bias, classes));
        }
        Safetensors.Save(path, tensors, metadata);
    }

    /// <param name="path">What <see cref="Save"/> wrote.</param>
    /// <param name="classes">K.</param>
    /// <exception cref="InvalidDataException">Not such a file, or one whose parts do not fit together.</exception>
    public static LinearModel Load(string path, int classes)
    {
        SafetensorsFile file = Safetensors.Load(path);
        if (file.Metadata.GetValueOrDefault("format") != Format)
            throw Broken(path, "its format", Format);
        LinearInput? rgb = Input(file, path, "rgb"),
            radar = Input(file, path, "radar");
        RadarReduction? reduction = null;
        if (file.Metadata.TryGetValue("radar.frames", out string? frames))
        {
            string[] parts = frames.Split(',');
            int[] sizes =
            [
                .. parts
                    .Take(3)
                    .Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0),
            ];
            if (parts.Length != 4 || sizes.Any(n => n is < 1 or > 1 << 16) || parts[3] is not ("log" or "as they are"))
                throw Broken(path, "radar.frames", "A,R,D,log");
            reduction = new RadarReduction(sizes[0], sizes[1], sizes[2], parts[3] == "log");
            if (radar?.Features != reduction.Width)
                throw Broken(path, "radar.features", Text(reduction.Width));
        }
        var maps = new Dictionary<(bool, bool), LinearMap>();
        foreach ((bool, bool) uses in new[] { (true, true), (true, false), (false, true) })
        {
            string name = NameOf(uses);
            if (!file.Tensors.ContainsKey($"{name}.bias"))
                continue;
            maps[uses] = new LinearMap(
                uses.Item1 ? Values(file, path, $"{name}.rgb", rgb?.Mean.Length * classes) : null,
                uses.Item2 ? Values(file, path, $"{name}.radar", radar?.Mean.Length * classes) : null,
                Values(file, path, $"{name}.bias", classes)
            );
        }
        return maps.Count > 0
            ? new LinearModel
            {
                Rgb = rgb,
                Radar = radar,
                Reduction = reduction,
                Maps = maps,
            }
            : throw Broken(path, "its maps", "one at least");
    }

    private static LinearInput? Input(SafetensorsFile file, string path, string name)
    {
        if (!file.Metadata.TryGetValue($"{name}.pooling", out string? pooling))
            return null;
        if (!Enum.TryParse(pooling, out ClipPooling kind) || !Enum.IsDefined(kind))
            throw Broken(path, $"{name}.pooling", string.Join(", ", Enum.GetNames<ClipPooling>()));
        if (
            !int.TryParse(
                file.Metadata.GetValueOrDefault($"{name}.features"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int features
            ) || features is < 1 or > 1 << 24
        )
            throw Broken(path, $"{name}.features", "a number of features");
        int width = PooledClip.Width(features, kind);
        return new LinearInput(
            kind,
            features,
            Values(file, path, $"{name}.mean", width),
            Values(file, path, $"{name}.scale", width)
        );
    }

    private static float[] Values(SafetensorsFile file, string path, string name, int? count) =>
        file.Tensors.TryGetValue(name, out NamedTensor? tensor)
        && tensor.DType == "F32"
        && tensor.Singles.Length == count
        && All(tensor.Singles, float.IsFinite)
            ? tensor.ToSingles()
            : throw Broken(path, $"tensor '{name}'", $"{count} finite float32 values");

    private static bool All(ReadOnlySpan<float> values, Func<float, bool> holds)
    {
        foreach (float value in values)
            if (!holds(value))
                return false;
        return true;
    }

    private static InvalidDataException Broken(string path, string what, string expected) =>
        new($"{path}: {what} is not what a linear model has (expected {expected}). Train again into a new directory.");

    private static string NameOf((bool Rgb, bool Radar) uses) =>
        uses switch
        {
            (true, true) => "both",
            (true, false) => "rgb",
            _ => "radar",
        } + ".map";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Add(double[] logits, float[] values, float[] weights, Func<int, bool> shown)
    {
        int classes = logits.Length;
        for (int f = 0; f < values.Length; f++)
        {
            if (!shown(f))
                continue;
            for (int k = 0; k < classes; k++)
                logits[k] += values[f] * weights[f * classes + k];
        }
    }
}
