using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Radar frames → 32 features an image and antenna (and 32 of its cadences). Per antenna, with shared weights:
/// each image of <see cref="RadarImages"/> through its own three convolutions over time and bins, then a linear map of
/// what is left of each time step. The rows of an antenna stand together, antennas in order.</summary>
/// <remarks>Time keeps its resolution: a row sees seven frames, what is longer is the temporal model's. The frame
/// before a sample's first is zeros. So no padding is ever computed, and a sample's rows cannot depend on its
/// batch.</remarks>
public sealed class MicroDopplerCnn : FrameEncoder
{
    /// <summary>Features of one image of one antenna.</summary>
    public const int WidthPerImage = 32;

    // Registered by field name.
    private readonly ModuleList<ImageCnn> images;
    private readonly ModuleList<ImageCnn> cadences;
    private readonly Tensor mean;
    private readonly Tensor deviation;
    private readonly RadarImageOptions options;
    private readonly int cadenceBins;

    /// <param name="options">Which images.</param>
    /// <param name="cadenceBins">Cadences of a cadence-velocity image for each image; 0 = none.</param>
    /// <param name="dropout">Fraction of the last convolution's channels that is dropped while learning.</param>
    public MicroDopplerCnn(RadarImageOptions options, int cadenceBins, double dropout)
        : base(nameof(MicroDopplerCnn))
    {
        if (options.Axes.Count == 0 || options.Bins < 8 || cadenceBins < 0)
            throw new ArgumentException(
                $"{options.Axes.Count} images of {options.Bins} bins with {cadenceBins} cadences, expected 1 or more of 8 or more with 0 or more.",
                nameof(options)
            );
        (this.options, this.cadenceBins) = (options, cadenceBins);
        mean = zeros(options.Axes.Count * options.Channels, 1);
        deviation = ones(options.Axes.Count * options.Channels, 1);
        images = new ModuleList<ImageCnn>([
            .. options.Axes.Select(_ => new ImageCnn(options.Channels, options.Bins, dropout)),
        ]);
        cadences = new ModuleList<ImageCnn>(
            cadenceBins == 0 ? [] : [.. options.Axes.Select(_ => new ImageCnn(1, options.Bins, dropout))]
        );
        RegisterComponents();
    }

    public override int Width(int channels) => channels * WidthPerImage * ((int)images.Count + (int)cadences.Count);

    /// <summary>Sets the mean and deviation of each channel to those of some samples; both are saved with the
    /// weights.</summary>
    /// <param name="samples">Frames of one sample each, (T, A, R, D); disposed by whoever made them.</param>
    internal void Measure(IEnumerable<Tensor> samples)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        Tensor sum = zeros_like(mean, ScalarType.Float64),
            squares = zeros_like(mean, ScalarType.Float64);
        double count = 0;
        foreach (Tensor frames in samples)
        {
            using var sampleScope = NewDisposeScope();
            // (T, A, C, bins)
            Tensor values = RadarImages.From(frames, [(int)frames.shape[0]], options).to(ScalarType.Float64);
            sum.add_(values.sum([0, 1, 3]).unsqueeze(1));
            squares.add_(values.square().sum([0, 1, 3]).unsqueeze(1));
            count += values.numel() / values.shape[2];
        }
        if (count == 0)
            throw new ArgumentException("No sample to measure, expected at least one.", nameof(samples));
        using TorchSharp.Scalar one = 1.0 / count,
            smallest = 1e-6,
            unit = 1.0;
        Tensor average = sum.mul(one),
            spread = squares.mul(one).sub(average.square()).relu().sqrt();
        mean.copy_(average);
        deviation.copy_(spread.where(spread.gt(smallest), full_like(spread, unit))); // a constant channel stays 0
    }

    internal override Tensor Scale(Tensor input, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        return RadarImages.From(input, lengths, options).sub(mean).div(deviation).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <param name="scaled">(ΣT, A, images · channels, bins), standardised by <see cref="Scale"/>.</param>
    /// <param name="lengths">Frames of each sample.</param>
    internal override Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        long steps = scaled.shape[0],
            antennas = scaled.shape[1],
            bins = scaled.shape[3];
        var features = new List<Tensor>();
        for (int i = 0; i < images.Count; i++)
        {
            Tensor image = scaled.narrow(2, (long)i * options.Channels, options.Channels);
            Tensor rows = images[i].Rows(image.reshape(steps * antennas, options.Channels, bins), lengths, antennas);
            features.Add(rows.view(steps, antennas, WidthPerImage));
            if (cadenceBins > 0)
                features.Add(CadenceRows(cadences[i], image.select(2, options.Change), lengths));
        }
        return cat(features, 2).reshape(steps, Width((int)antennas)).MoveToOuterDisposeScope();
    }

    /// <returns>(ΣT, A, 32): what a sample's cadences say, the same in each of its rows.</returns>
    private Tensor CadenceRows(ImageCnn cnn, Tensor change, ReadOnlySpan<int> lengths)
    {
        long antennas = change.shape[1],
            bins = change.shape[2],
            start = 0;
        var spectra = new List<Tensor>(lengths.Length);
        foreach (int length in lengths)
        {
            spectra.Add(RadarImages.Cadence(change.narrow(0, start, length), cadenceBins));
            start += length;
        }
        // The cadence axis takes the place of time: every sample has as many.
        int[] counts = [.. Enumerable.Repeat(cadenceBins, lengths.Length)];
        Tensor rows = cnn.Rows(cat(spectra, 0).reshape(-1, 1, bins), counts, antennas);
        Tensor samples = rows.view(lengths.Length, cadenceBins, antennas, WidthPerImage).mean([1]);
        return samples.repeat_interleave(
            tensor(lengths.ToArray().Select(n => (long)n).ToArray()).to(samples.device),
            0
        );
    }

    internal override string Write(OnnxGraph graph, string frames, IReadOnlyList<int> shape)
    {
        int antennas = shape[0],
            bins = options.Bins;
        string scaled = graph.Div(
            graph.Sub(RadarImages.Write(graph, frames, options, shape), graph.Values(mean)),
            graph.Values(deviation)
        ); // (T, A, images · channels, bins)
        var features = new List<string>();
        for (int i = 0; i < images.Count; i++)
        {
            long first = (long)i * options.Channels;
            string image = graph.Slice(
                scaled,
                graph.Integers(first),
                graph.Integers(first + options.Channels),
                axis: 2
            );
            features.Add(images[i].Write(graph, image, bins));
            if (cadenceBins == 0)
                continue;
            string change = graph.Op(
                    "Gather",
                    [image, graph.Scalar((long)options.Change)],
                    OnnxGraph.Integer("axis", 2)
                ),
                spectrum = RadarImages.WriteCadence(graph, change, cadenceBins, antennas, bins),
                rows = cadences[i].Write(graph, graph.Unsqueeze(spectrum, 2), bins); // (cadences, A, 32)
            features.Add(
                graph.Op(
                    "Expand",
                    [
                        graph.Mean(rows, keep: true, 0),
                        graph.Concat(0, graph.LengthOf(scaled, 0), graph.Integers(antennas, WidthPerImage)),
                    ]
                )
            );
        }
        return graph.Reshape(graph.Concat(2, [.. features]), -1, Width(antennas));
    }
}

/// <summary>One image → 32 features a time step: three times convolution 3×3 over (time, bin), batch norm, max-pool 2
/// over bins and ReLU, 8, 16 and 32 channels; dropout; linear, ReLU.</summary>
/// <remarks>A convolution is a linear map of each bin's nine neighbours, because libtorch's own cannot be trusted with
/// these widths: libtorch 2.10 on AVX-512 reads uninitialised memory, and returns NaN by chance, where planar input has
/// 18 or 24 channels (docs/LOG.md).</remarks>
internal sealed class ImageCnn : nn.Module<Tensor, Tensor>
{
    // Registered by field name.
    private readonly ModuleList<Linear> convolutions;
    private readonly ModuleList<BatchNorm1d> norms;
    private readonly Dropout dropout;
    private readonly Linear linear;

    public ImageCnn(int channels, int bins, double dropout)
        : base(nameof(ImageCnn))
    {
        int[] widths = [channels, 8, 16, 32];
        // No bias: batch norm would take it out again.
        convolutions = new ModuleList<Linear>([
            .. Enumerable.Range(0, 3).Select(i => nn.Linear(9 * widths[i], widths[i + 1], hasBias: false)),
        ]);
        norms = new ModuleList<BatchNorm1d>([.. widths[1..].Select(width => nn.BatchNorm1d(width))]);
        this.dropout = nn.Dropout(dropout);
        linear = nn.Linear(widths[3] * (bins / 8), MicroDopplerCnn.WidthPerImage);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => Rows(input, [(int)input.shape[0]], antennas: 1);

    /// <param name="input">(ΣT · A, C, bins): antennas of a step beside each other, samples one after another.</param>
    /// <param name="lengths">Steps of each sample.</param>
    /// <param name="antennas">A.</param>
    /// <returns>(ΣT · A, 32).</returns>
    public Tensor Rows(Tensor input, ReadOnlySpan<int> lengths, long antennas)
    {
        using var scope = NewDisposeScope();
        (Tensor before, Tensor after) = Neighbours(lengths, antennas);
        (before, after) = (before.to(input.device), after.to(input.device));
        Tensor x = input.transpose(1, 2); // (rows, bins, C)
        for (int i = 0; i < convolutions.Count; i++)
        {
            long rows = x.shape[0],
                bins = x.shape[1];
            // One more row, of zeros, stands for "no frame"; one more bin at either end for "no bin".
            Tensor bordered = nn.functional.pad(x, [0, 0, 1, 1, 0, 1]);
            Tensor now = bordered.narrow(0, 0, rows);
            // (rows, bins + 2, 3C)
            Tensor times = cat([bordered.index_select(0, before), now, bordered.index_select(0, after)], 2);
            // (rows, bins, 9C)
            Tensor nine = cat([times.narrow(1, 0, bins), times.narrow(1, 1, bins), times.narrow(1, 2, bins)], 2);
            Tensor y = norms[i].forward(convolutions[i].forward(nine.flatten(0, 1))); // (rows · bins, C')
            x = y.view(rows, bins, -1)
                .narrow(1, 0, bins / 2 * 2)
                .reshape(rows, bins / 2, 2, y.shape[1])
                .amax([2])
                .relu();
        }
        return linear.forward(dropout.forward(x.transpose(1, 2).flatten(1))).relu_().MoveToOuterDisposeScope();
    }

    /// <returns>For each row the row of the same antenna one step before and one after; the number of rows where there
    /// is none.</returns>
    private static (Tensor Before, Tensor After) Neighbours(ReadOnlySpan<int> lengths, long antennas)
    {
        long rows = 0;
        foreach (int length in lengths)
            rows += length * antennas;
        long[] before = new long[rows],
            after = new long[rows];
        long start = 0;
        foreach (int length in lengths)
        {
            long end = start + length * antennas;
            for (long row = start; row < end; row++)
                (before[row], after[row]) = (
                    row - antennas < start ? rows : row - antennas,
                    row + antennas < end ? row + antennas : rows
                );
            start = end;
        }
        return (tensor(before), tensor(after));
    }

    /// <summary>Writes what <see cref="Rows"/> does to one sample in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="input">(T, A, C, bins).</param>
    /// <param name="bins">Of the image.</param>
    /// <returns>(T, A, 32).</returns>
    public string Write(OnnxGraph graph, string input, int bins)
    {
        string x = graph.Transpose(input, 1, 2, 0, 3); // (A, C, T, bins)
        for (int i = 0; i < convolutions.Count; i++)
        {
            // The map's inputs are bin by bin, step by step, channel by channel.
            using Tensor map = convolutions[i].weight.view(convolutions[i].weight.shape[0], 3, 3, -1);
            using Tensor kernel = map.permute(0, 3, 2, 1);
            string y = graph.Op(
                "Conv",
                [x, graph.Values(kernel)],
                OnnxGraph.Ints("kernel_shape", 3, 3),
                OnnxGraph.Ints("pads", 1, 1, 1, 1)
            );
            x = graph.Relu(
                graph.Op(
                    "MaxPool",
                    [graph.BatchNorm(y, norms[i])],
                    OnnxGraph.Ints("kernel_shape", 1, 2),
                    OnnxGraph.Ints("strides", 1, 2)
                )
            );
        }
        long width = convolutions[^1].weight.shape[0] * (bins / 8);
        string rows = graph.Reshape(graph.Transpose(x, 2, 0, 1, 3), 0, 0, width); // (T, A, C · bins)
        return graph.Relu(graph.Linear(rows, linear));
    }
}
