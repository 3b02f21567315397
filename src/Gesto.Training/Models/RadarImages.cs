using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Which axis of a range-Doppler map an image keeps beside time.</summary>
public enum RadarImageAxis
{
    /// <summary>Range averaged: velocity over time, the micro-Doppler image.</summary>
    Doppler,

    /// <summary>Doppler averaged: range over time. Of a range-time map (one Doppler bin) it is the map
    /// itself.</summary>
    Range,
}

/// <summary>What a radar file's numbers are.</summary>
public enum RadarUnit
{
    /// <summary>Already on a logarithmic scale, as grey videos are: averaged as they are.</summary>
    Logarithmic,

    /// <summary>Magnitudes ≥ 0: averaged, then log(1 + x).</summary>
    Magnitudes,

    /// <summary>dB of amplitude (20·log10): made linear relative to the sample's median, then as magnitudes.</summary>
    Decibels,
}

/// <summary>How a sample's images are made.</summary>
public sealed record RadarImageOptions
{
    /// <summary>One image each, at least one. Both: in the real recordings the two tell apart what one alone
    /// confuses.</summary>
    public IReadOnlyList<RadarImageAxis> Axes { get; init; } = [RadarImageAxis.Doppler, RadarImageAxis.Range];

    public RadarUnit Values { get; init; } = RadarUnit.Magnitudes;

    /// <summary>log(1 + x) of each bin, not of the averages: one strong reflector, moving or not, is then one bin of
    /// many.</summary>
    public bool LogarithmFirst { get; init; }

    /// <summary>Before averaging, each range-Doppler bin becomes its distance from its mean over the sample: what
    /// moves.</summary>
    public bool RemoveStatic { get; init; }

    /// <summary>With <see cref="RemoveStatic"/>: the channels of the whole echo, too, behind those of what
    /// moves.</summary>
    public bool StaticToo { get; init; }

    /// <summary>There is one antenna: no channels of differences to and products with others.</summary>
    public bool Alone { get; init; }

    /// <summary>Channels of an image of an antenna: (what moves[, everything]) × (level, change) × (itself[,
    /// |differences|, products]).</summary>
    public int Channels => (StaticToo ? 2 : 1) * 2 * (Alone ? 1 : 3);

    /// <summary>The channel that holds an antenna's own change.</summary>
    internal int Change => Alone ? 1 : 3;

    /// <summary>Bins of an image: wider ones are averaged down, narrower ones repeated, so one encoder fits any
    /// radar.</summary>
    public int Bins { get; init; } = 32;
}

/// <summary>Radar frames → images over time; nothing in here learns.</summary>
/// <remarks>Each image has two views: the level, and the level minus each bin's mean over the sample, from which room,
/// gain and noise of a recording are gone. Each view of an antenna has three channels: itself, and the means of its
/// |differences| to and of its products with the other antennas; one antenna alone has the first only. So every antenna
/// brings the same channels, and of three antennas no pair is lost: three means of two are three pairs.</remarks>
internal static class RadarImages
{
    // Held, not implicit: see Fitting.Adam.
    private static readonly TorchSharp.Scalar NeperPerDecibel = MathF.Log(10) / 20;

    /// <param name="frames">(ΣT, A, R, D), samples one after another.</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <param name="options">Which images.</param>
    /// <returns>(ΣT, A, images · <see cref="RadarImageOptions.Channels"/>, bins) float32, not standardised.</returns>
    /// <exception cref="ArgumentException">One antenna where the options are for several, or the other way
    /// round.</exception>
    public static Tensor From(Tensor frames, ReadOnlySpan<int> lengths, RadarImageOptions options)
    {
        if (frames.shape[1] == 1 != options.Alone)
            throw new ArgumentException(
                $"Frames of {frames.shape[1]} antennas, expected {(options.Alone ? "one" : "two or more")}: the images were made for that.",
                nameof(frames)
            );
        using var scope = NewDisposeScope();
        var samples = new List<Tensor>(lengths.Length);
        long start = 0;
        foreach (int length in lengths)
        {
            samples.Add(OfSample(frames.narrow(0, start, length).to(ScalarType.Float32), options));
            start += length;
        }
        return cat(samples, 0).MoveToOuterDisposeScope();
    }

    /// <summary>Cadence-velocity image: how strongly each bin's level swings at each cadence.</summary>
    /// <param name="change">(T, A, bins), one sample's change.</param>
    /// <param name="cadences">C: cadence k = 1…C is k / 2C cycles a frame, the same whatever the sample's
    /// length.</param>
    /// <returns>(C, A, bins): amplitude of each cadence, by a discrete Fourier transform over the sample's
    /// frames.</returns>
    /// <remarks>Source: P. van Dorp, F. Groen, "Feature-based human motion parameter estimation with radar", IET RSN
    /// 2008. Where we differ: of the logarithm of the magnitude, not of the magnitude, so that one strong echo is not
    /// all.</remarks>
    public static Tensor Cadence(Tensor change, int cadences)
    {
        using var scope = NewDisposeScope();
        int length = (int)change.shape[0];
        float[] cosines = new float[cadences * length],
            sines = new float[cadences * length];
        for (int k = 0, i = 0; k < cadences; k++)
        for (int t = 0; t < length; t++, i++)
        {
            (double sine, double cosine) = Math.SinCos(Math.PI * (k + 1) * t / cadences);
            (sines[i], cosines[i]) = ((float)(2 * sine / length), (float)(2 * cosine / length));
        }
        Tensor flat = change.reshape(length, -1); // (T, A·bins)
        Tensor real = tensor(cosines, [cadences, length]).to(change.device).matmul(flat);
        Tensor imaginary = tensor(sines, [cadences, length]).to(change.device).matmul(flat);
        return real.square()
            .add(imaginary.square())
            .sqrt()
            .view(cadences, change.shape[1], change.shape[2])
            .MoveToOuterDisposeScope();
    }

    private static Tensor OfSample(Tensor frames, RadarImageOptions options)
    {
        Tensor values = options.Values switch
        {
            RadarUnit.Magnitudes => frames.relu(), // nothing is below 0
            RadarUnit.Decibels => frames.sub(frames.median()).mul(NeperPerDecibel).exp(),
            _ => frames,
        };
        bool later = options.Values != RadarUnit.Logarithmic && !options.LogarithmFirst;
        if (options.LogarithmFirst)
            values = values.log1p();
        Tensor moving = options.RemoveStatic ? values.sub(values.mean([0], keepdim: true)).abs() : values;
        Tensor[] echoes = options.StaticToo ? [moving, values] : [moving];
        var channels = new List<Tensor>(options.Axes.Count * options.Channels);
        foreach (RadarImageAxis axis in options.Axes)
        foreach (Tensor echo in echoes)
        {
            Tensor level = echo.mean([axis == RadarImageAxis.Doppler ? 2 : 3]); // (T, A, bins)
            if (later)
                level = level.log1p();
            if (level.shape[2] != options.Bins)
                level = nn.functional.adaptive_avg_pool1d(level, options.Bins);
            AddWithOthers(channels, level, options.Alone);
            AddWithOthers(channels, level.sub(level.mean([0], keepdim: true)), options.Alone);
        }
        return stack(channels, 2);
    }

    private static void AddWithOthers(List<Tensor> channels, Tensor antennas, bool alone)
    {
        long count = antennas.shape[1];
        channels.Add(antennas);
        if (alone)
            return;
        using TorchSharp.Scalar others = count - 1; // an antenna's difference to itself is 0 and adds nothing
        channels.Add(antennas.unsqueeze(1).sub(antennas.unsqueeze(2)).abs().sum(2).div(others));
        channels.Add(antennas.mul(antennas.sum(1, keepdim: true).sub(antennas)).div(others));
    }

    /// <summary>Writes what <see cref="From"/> makes of one sample's frames.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="frames">(T, A, R, D).</param>
    /// <param name="options">Which images.</param>
    /// <param name="shape">(A, R, D).</param>
    /// <returns>(T, A, images · channels, bins).</returns>
    public static string Write(OnnxGraph graph, string frames, RadarImageOptions options, IReadOnlyList<int> shape)
    {
        string values = options.Values switch
        {
            RadarUnit.Magnitudes => graph.Relu(frames),
            RadarUnit.Decibels => graph.Op(
                "Exp",
                [graph.Mul(graph.Sub(frames, graph.Median(frames)), graph.Scalar(MathF.Log(10) / 20))]
            ),
            _ => frames,
        };
        bool later = options.Values != RadarUnit.Logarithmic && !options.LogarithmFirst;
        if (options.LogarithmFirst)
            values = graph.LogOnePlus(values);
        string moving = options.RemoveStatic
            ? graph.Op("Abs", [graph.Sub(values, graph.Mean(values, keep: true, 0))])
            : values;
        var channels = new List<string>();
        foreach (RadarImageAxis axis in options.Axes)
        foreach (string echo in options.StaticToo ? (string[])[moving, values] : [moving])
        {
            bool doppler = axis == RadarImageAxis.Doppler;
            string level = graph.Mean(echo, keep: false, doppler ? 2 : 3); // (T, A, bins)
            if (later)
                level = graph.LogOnePlus(level);
            level = graph.PoolLast(level, doppler ? shape[2] : shape[1], options.Bins);
            AddWithOthers(level);
            AddWithOthers(graph.Sub(level, graph.Mean(level, keep: true, 0)));
        }
        return graph.Concat(2, [.. channels.Select(c => graph.Unsqueeze(c, 2))]);

        void AddWithOthers(string antennas)
        {
            channels.Add(antennas);
            if (options.Alone)
                return;
            string others = graph.Scalar((float)(shape[0] - 1));
            string apart = graph.Op("Abs", [graph.Sub(graph.Unsqueeze(antennas, 1), graph.Unsqueeze(antennas, 2))]);
            channels.Add(graph.Div(graph.Sum(apart, keep: false, 2), others));
            channels.Add(
                graph.Div(graph.Mul(antennas, graph.Sub(graph.Sum(antennas, keep: true, 1), antennas)), others)
            );
        }
    }

    /// <summary>Writes what <see cref="Cadence"/> does.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="change">(T, A, bins).</param>
    /// <param name="cadences">C.</param>
    /// <param name="antennas">A.</param>
    /// <param name="bins">Of the image.</param>
    /// <returns>(C, A, bins).</returns>
    public static string WriteCadence(OnnxGraph graph, string change, int cadences, int antennas, int bins)
    {
        float[] rates = [.. Enumerable.Range(1, cadences).Select(k => (float)(Math.PI * k / cadences))];
        string steps = graph.LengthOf(change, 0),
            // (C, T)
            angle = graph.Mul(graph.Values(rates, cadences, 1), graph.Unsqueeze(graph.ToSingle(graph.Range(steps)), 0)),
            flat = graph.Reshape(change, 0, -1),
            twice = graph.Div(graph.Scalar(2f), graph.ToSingle(steps));
        string real = graph.Mul(graph.MatMul(graph.Op("Cos", [angle]), flat), twice),
            imaginary = graph.Mul(graph.MatMul(graph.Op("Sin", [angle]), flat), twice);
        string power = graph.Add(graph.Mul(real, real), graph.Mul(imaginary, imaginary));
        return graph.Reshape(graph.Op("Sqrt", [power]), cadences, antennas, bins);
    }
}
