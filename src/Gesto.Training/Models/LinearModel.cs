using System.Globalization;
using Gesto.Recordings;
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
/// <param name="Weights">(F, K) of each modality of the set.</param>
/// <param name="Bias">(K).</param>
internal sealed record LinearMap(PerModality<float[]> Weights, float[] Bias)
{
    /// <summary>The set.</summary>
    public ModalityMask Mask => ModalityMask.Of(Weights.Modalities);
}

/// <summary>Logits as a linear map of each modality's pooled clip; a map of its own for each set of modalities that a
/// sample may have.</summary>
internal sealed class LinearModel
{
    private const string Format = "gesto-linear";

    /// <summary>Of each modality that it learnt with.</summary>
    public required PerModality<LinearInput> Inputs { get; init; }

    /// <summary>How radar frames become steps; null where they are features already.</summary>
    public RadarReduction? Reduction { get; init; }

    /// <summary>One for each set of modalities that a sample may have, those with most first.</summary>
    public required IReadOnlyList<LinearMap> Maps { get; init; }

    public long Parameters => Maps.Sum(m => m.Weights.Values.Sum(w => w.LongLength) + m.Bias.LongLength);

    /// <param name="sample">Steps (T, F), or radar frames (T, A, R, D), of what there is; others than it learnt with
    /// are
    /// passed over.</param>
    /// <returns>What <see cref="Classify"/> takes.</returns>
    public PerModality<float[]> Pool(PerModality<RecordingSteps> sample) =>
        Inputs.Select(
            (modality, input) =>
                sample[modality] is { } steps
                    ? input.Standardise(PooledClip.Of(StepsOf(modality, steps.Values), input.Features))
                    : null
        );

    /// <param name="pooled">Of <see cref="Pool"/>; what is not there is not used.</param>
    /// <param name="hidden">Antennas that count as missing: their values are taken to be what they are on
    /// average.</param>
    /// <returns>Probabilities (K); null where it has no map for just these modalities.</returns>
    public float[]? Classify(PerModality<float[]> pooled, IReadOnlyCollection<int> hidden)
    {
        var used = ModalityMask.Of(pooled.Modalities);
        if (Maps.FirstOrDefault(m => m.Mask.Equals(used)) is not { } map)
            return null;
        double[] logits = [.. map.Bias.Select(b => (double)b)];
        foreach ((Modality modality, float[] values) in pooled)
            Add(
                logits,
                values,
                map.Weights[modality]!,
                modality == Modality.Radar && Reduction is { } maps && hidden.Count > 0
                    ? i => !hidden.Contains(i % maps.Width / maps.WidthPerAntenna)
                    : _ => true
            );
        return ProbabilityPool.Softmax(logits);
    }

    private float[] StepsOf(Modality modality, float[] values) =>
        modality == Modality.Radar ? Reduction?.Apply(values) ?? values : values;

    /// <summary>Writes the model: inputs and output as <see cref="SignModel.ToOnnx"/>; radar steps are reduced
    /// maps.</summary>
    public byte[] ToOnnx(string name, int classes)
    {
        var graph = new OnnxGraph(name);
        PerModality<OnnxSteps> steps = Inputs.Select((modality, input) => graph.Steps(modality.Name, input.Features));
        PerModality<string> pooled = Inputs.Select((modality, input) => Pooled(graph, steps[modality]!, input)),
            has = steps.Select((_, s) => graph.Reshape(graph.Has(s), -1, 1));
        if (Inputs[Modality.Radar] is { } radar && Reduction is { Antennas: > 1 } maps)
        {
            string shown = graph.Input("antennas", Onnx.TensorProto.Types.DataType.Float, Text(maps.Antennas)),
                each = graph.Op(
                    "Expand",
                    [
                        graph.Unsqueeze(shown, 0, 2),
                        graph.Integers(radar.Mean.Length / radar.Features, maps.Antennas, maps.WidthPerAntenna),
                    ]
                );
            pooled = pooled.With(
                Modality.Radar,
                graph.Mul(pooled[Modality.Radar]!, graph.Reshape(each, radar.Mean.Length))
            );
        }
        string? logits = null;
        foreach (LinearMap map in Maps)
        {
            string own = graph.Values(map.Bias, 1, classes);
            foreach ((Modality modality, float[] weights) in map.Weights)
                own = graph.Add(
                    own,
                    graph.MatMul(pooled[modality]!, graph.Values(weights, weights.Length / classes, classes))
                );
            // Of the maps, the one for just what the sample has.
            foreach ((Modality modality, string there) in has)
                own = graph.Mul(own, map.Weights[modality] is null ? graph.Sub(graph.Scalar(1f), there) : there);
            logits = logits is null ? own : graph.Add(logits, own);
        }
        graph.Output(logits!, "logits", "B", "K");
        return graph.ToModel();
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
        foreach ((Modality name, LinearInput input) in Inputs)
        {
            metadata[$"{name}.pooling"] = input.Pooling.ToString();
            metadata[$"{name}.features"] = Text(input.Features);
            tensors.Add(NamedTensor.From($"{name}.mean", input.Mean, input.Mean.Length));
            tensors.Add(NamedTensor.From($"{name}.scale", input.Scale, input.Scale.Length));
        }
        if (Reduction is { } r)
            metadata["radar.frames"] =
                $"{Text(r.Antennas)},{Text(r.Rows)},{Text(r.Columns)},{(r.Logarithm ? "log" : "as they are")}";
        foreach (LinearMap map in Maps)
        {
            string name = NameOf(map.Mask);
            int classes = map.Bias.Length;
            foreach ((Modality modality, float[] weights) in map.Weights)
                tensors.Add(NamedTensor.From($"{name}.{modality}", weights, weights.Length / classes, classes));
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
        PerModality<LinearInput> inputs = PerModality.For(Modality.All, m => Input(file, path, m.Name));
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
            if (inputs[Modality.Radar]?.Features != reduction.Width)
                throw Broken(path, "radar.features", Text(reduction.Width));
        }
        var maps = new List<LinearMap>();
        foreach (ModalityMask mask in ModalityMask.Subsets([.. inputs.Modalities], allOnly: false, antennas: 1))
        {
            string? name = new[] { NameOf(mask), OldNameOf(mask) }.FirstOrDefault(n =>
                file.Tensors.ContainsKey($"{n}.bias")
            );
            if (name is null)
                continue;
            maps.Add(
                new LinearMap(
                    inputs
                        .Where(mask.Uses)
                        .Select<float[]>((m, input) => Values(file, path, $"{name}.{m}", input.Mean.Length * classes)),
                    Values(file, path, $"{name}.bias", classes)
                )
            );
        }
        return maps.Count > 0
            ? new LinearModel
            {
                Inputs = inputs,
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

    private static string NameOf(ModalityMask mask) => $"{string.Join('+', mask.Modalities)}.map";

    /// <summary>Before there could be more than two.</summary>
    private static string OldNameOf(ModalityMask mask) =>
        mask.Modalities is ["rgb", "radar"] ? "both.map" : NameOf(mask);

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
