using System.Globalization;
using Gesto.Signs;
using Gesto.Training.Graphs;
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
        return ProbabilityPool.Softmax(logits);
    }

    /// <summary>Writes the model: inputs and output as <see cref="SignModel.ToOnnx"/>; radar steps are reduced
    /// maps.</summary>
    public byte[] ToOnnx(string name, int classes)
    {
        var graph = new OnnxGraph(name);
        string? rgb = null,
            radar = null;
        string hasRgb = "",
            hasRadar = "";
        if (Rgb is { } a)
        {
            OnnxSteps steps = graph.Steps("rgb", a.Features);
            (rgb, hasRgb) = (Pooled(graph, steps, a), Has(steps));
        }
        if (Radar is { } b)
        {
            OnnxSteps steps = graph.Steps("radar", b.Features);
            (radar, hasRadar) = (Pooled(graph, steps, b), Has(steps));
            if (Reduction is { Antennas: > 1 } maps)
            {
                string shown = graph.Input("antennas", Onnx.TensorProto.Types.DataType.Float, Text(maps.Antennas)),
                    each = graph.Op(
                        "Expand",
                        [
                            graph.Unsqueeze(shown, 0, 2),
                            graph.Integers(b.Mean.Length / b.Features, maps.Antennas, maps.WidthPerAntenna),
                        ]
                    );
                radar = graph.Mul(radar, graph.Reshape(each, b.Mean.Length));
            }
        }
        string? logits = null;
        foreach (((bool rgb, bool radar) uses, LinearMap map) in Maps)
        {
            string sum = graph.Values(map.Bias, 1, classes);
            if (uses.rgb)
                sum = graph.Add(sum, graph.MatMul(rgb!, graph.Values(map.Rgb!, map.Rgb!.Length / classes, classes)));
            if (uses.radar)
                sum = graph.Add(
                    sum,
                    graph.MatMul(radar!, graph.Values(map.Radar!, map.Radar!.Length / classes, classes))
                );
            // Of the maps, the one for just what the sample has.
            if (hasRgb.Length > 0)
                sum = graph.Mul(sum, uses.rgb ? hasRgb : graph.Sub(graph.Scalar(1f), hasRgb));
            if (hasRadar.Length > 0)
                sum = graph.Mul(sum, uses.radar ? hasRadar : graph.Sub(graph.Scalar(1f), hasRadar));
            logits = logits is null ? sum : graph.Add(logits, sum);
        }
        graph.Output(logits!, "logits", "B", "K");
        return graph.ToModel();

        string Has(OnnxSteps steps) => graph.Reshape(graph.Has(steps), -1, 1);
    }

    private static string Pooled(OnnxGraph graph, OnnxSteps steps, LinearInput input)
    {
        OnnxSteps real = steps with
        {
            Steps = graph.ZeroPadding(steps),
            Lengths = graph.Op("Max", [steps.Lengths, graph.Scalar(1L)]),
        };
        string length = graph.Unsqueeze(graph.ToSingle(real.Lengths), 1, 2),
            mean = graph.Div(graph.Sum(real.Steps, keep: true, 1), length); // (B, 1, F)
        var pooled = new List<string> { graph.Reshape(mean, 0, input.Features) };
        if (input.Pooling >= ClipPooling.Spread)
        {
            string off = graph.ZeroPadding(steps with { Steps = graph.Sub(real.Steps, mean) }),
                spread = graph.Op("Sqrt", [graph.Div(graph.Sum(graph.Mul(off, off), keep: true, 1), length)]);
            pooled.Add(graph.Reshape(spread, 0, input.Features));
        }
        if (input.Pooling >= ClipPooling.Parts)
            pooled.Add(
                graph.Op(
                    "Flatten",
                    [graph.Sub(graph.PartMeans(real, PooledClip.Parts), mean)],
                    OnnxGraph.Integer("axis", 1)
                )
            );
        return graph.Mul(
            graph.Sub(graph.Concat(1, [.. pooled]), graph.Values(input.Mean, input.Mean.Length)),
            graph.Values(input.Scale, input.Scale.Length)
        );
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
