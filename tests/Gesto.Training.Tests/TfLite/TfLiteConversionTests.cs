using Gesto.Training.TfLite;
using static Gesto.Training.TfLite.TfLiteOperation;

namespace Gesto.Training.Tests.TfLite;

/// <summary>Each operator against its definition in TensorFlow, written out as loops over (row, column,
/// channel).</summary>
public class TfLiteConversionTests
{
    /// <summary>Sums of up to some hundred products near 1, in float32 and in another order.</summary>
    private const float Rounding = 1e-4f;

    private static readonly (int, int, bool)[] None = [];

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 4 - 2))];
    }

    private static void Near(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, Rounding));
        Assert.True(expected.Distinct().Count() > expected.Length / 4); // no constant picture hides an error
    }

    private static float Activate(float v, int activation) =>
        activation switch
        {
            1 => Math.Max(v, 0),
            3 => Math.Clamp(v, 0, 6),
            _ => v,
        };

    /// <summary>Outputs and zeros before, as TensorFlow defines SAME and VALID.</summary>
    private static (int Outputs, int Before) Places(int length, int window, int stride, int dilation, bool same)
    {
        int reach = (window - 1) * dilation + 1;
        int outputs = same
            ? (int)Math.Ceiling(length / (double)stride)
            : (int)Math.Ceiling((length - reach + 1) / (double)stride);
        return (outputs, same ? Math.Max((outputs - 1) * stride + reach - length, 0) / 2 : 0);
    }

    [Theory]
    [InlineData(7, 6, 3, 2, 1, true, 3)] // an odd number of zeros on one axis: one more after than before
    [InlineData(8, 6, 3, 2, 1, true, 1)]
    [InlineData(8, 7, 2, 1, 1, true, 0)]
    [InlineData(7, 6, 3, 1, 2, true, 0)]
    [InlineData(7, 6, 3, 2, 1, false, 0)]
    [InlineData(5, 5, 1, 1, 1, false, 3)]
    public void A_convolution_is_TensorFlows(
        int rows,
        int columns,
        int window,
        int stride,
        int dilation,
        bool same,
        int activation
    )
    {
        const int Channels = 3,
            Outputs = 4;
        float[] x = Numbers(rows * columns * Channels, 1),
            weights = Numbers(Outputs * window * window * Channels, 2),
            bias = Numbers(Outputs, 3);
        (int high, int top) = Places(rows, window, stride, dilation, same);
        (int wide, int left) = Places(columns, window, stride, dilation, same);
        var expected = new float[high * wide * Outputs];
        for (int r = 0; r < high; r++)
        for (int c = 0; c < wide; c++)
        for (int o = 0; o < Outputs; o++)
        {
            float sum = bias[o];
            for (int y = 0; y < window; y++)
            for (int z = 0; z < window; z++)
            for (int i = 0; i < Channels; i++)
            {
                int row = r * stride + y * dilation - top,
                    column = c * stride + z * dilation - left;
                if (row >= 0 && row < rows && column >= 0 && column < columns)
                    sum +=
                        x[(row * columns + column) * Channels + i]
                        * weights[((o * window + y) * window + z) * Channels + i];
            }
            expected[(r * wide + c) * Outputs + o] = Activate(sum, activation);
        }
        var file = new TfLiteBuilder();
        int[] inputs =
        [
            file.Tensor(1, rows, columns, Channels),
            file.Singles([Outputs, window, window, Channels], weights),
            file.Singles([Outputs], bias),
        ];
        file.Step(
            Conv2D,
            inputs,
            file.Tensor(1, high, wide, Outputs),
            (0, same ? 0 : 1, false),
            (1, stride, true),
            (2, stride, true),
            (3, activation, false),
            (4, dilation, true),
            (5, dilation, true)
        );
        Near(expected, file.Run(x));
    }

    [Theory]
    [InlineData(6, 3, 2, true, 1)]
    [InlineData(7, 5, 1, true, 1)]
    [InlineData(7, 3, 2, false, 2)]
    public void A_depthwise_convolution_is_TensorFlows(int side, int window, int stride, bool same, int multiplier)
    {
        const int Channels = 3;
        int outputs = Channels * multiplier;
        float[] x = Numbers(side * side * Channels, 1),
            weights = Numbers(window * window * outputs, 2),
            bias = Numbers(outputs, 3);
        (int high, int top) = Places(side, window, stride, 1, same);
        var expected = new float[high * high * outputs];
        for (int r = 0; r < high; r++)
        for (int c = 0; c < high; c++)
        for (int o = 0; o < outputs; o++)
        {
            float sum = bias[o];
            for (int y = 0; y < window; y++)
            for (int z = 0; z < window; z++)
            {
                int row = r * stride + y - top,
                    column = c * stride + z - top;
                if (row >= 0 && row < side && column >= 0 && column < side)
                    sum +=
                        x[(row * side + column) * Channels + o / multiplier] * weights[(y * window + z) * outputs + o];
            }
            expected[(r * high + c) * outputs + o] = Activate(sum, 3);
        }
        var file = new TfLiteBuilder();
        int[] inputs =
        [
            file.Tensor(1, side, side, Channels),
            file.Singles([1, window, window, outputs], weights),
            file.Singles([outputs], bias),
        ];
        file.Step(
            DepthwiseConv2D,
            inputs,
            file.Tensor(1, high, high, outputs),
            (0, same ? 0 : 1, false),
            (1, stride, true),
            (2, stride, true),
            (3, multiplier, true),
            (4, 3, false)
        );
        Near(expected, file.Run(x));
    }

    [Theory]
    [InlineData(true)] // goes into the convolution
    [InlineData(false)] // is a node of its own
    public void Zeros_around_a_picture_count_as_pixels(bool valid)
    {
        float[] x = Numbers(4 * 3, 1);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 4, 3, 1),
            padded = file.Tensor(1, 6, 6, 1),
            window = file.Singles([1, 1, 1, 1], 2);
        file.Step(Pad, [picture, file.Integers(0, 0, 2, 0, 1, 2, 0, 0)], padded);
        file.Step(
            Conv2D,
            [padded, window],
            file.Tensor(1, 6, 6, 1),
            (0, valid ? 1 : 0, false),
            (1, 1, true),
            (2, 1, true)
        );
        var expected = new float[36];
        for (int r = 0; r < 4; r++)
        for (int c = 0; c < 3; c++)
            expected[(r + 2) * 6 + c + 1] = 2 * x[r * 3 + c];
        Assert.Equal(expected, file.Run(x));
    }

    [Fact]
    public void Channels_of_zeros_come_after_the_others()
    {
        float[] x = Numbers(2 * 2 * 2, 1);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 2);
        file.Step(Pad, [picture, file.Integers(0, 0, 0, 0, 0, 0, 0, 1)], file.Tensor(1, 2, 2, 3));
        Assert.Equal(x.Chunk(2).SelectMany(pixel => pixel.Append(0)), file.Run(x));
    }

    [Fact]
    public void The_largest_of_each_window_is_taken_and_zeros_beyond_the_edge_are_not_pixels()
    {
        float[] x = [.. Numbers(5 * 5, 1).Select(v => v - 3)]; // all below zero
        var file = new TfLiteBuilder();
        file.Step(
            MaxPool2D,
            [file.Tensor(1, 5, 5, 1)],
            file.Tensor(1, 3, 3, 1),
            (0, 0, false),
            (1, 2, true),
            (2, 2, true),
            (3, 2, true),
            (4, 2, true)
        );
        float[] expected =
        [
            .. Enumerable
                .Range(0, 9)
                .Select(i =>
                    (
                        from r in (int[])[i / 3 * 2, i / 3 * 2 + 1]
                        from c in (int[])[i % 3 * 2, i % 3 * 2 + 1]
                        where r < 5 && c < 5
                        select x[r * 5 + c]
                    ).Max()
                ),
        ];
        Near(expected, file.Run(x));
    }

    [Fact]
    public void A_picture_is_doubled_with_half_pixel_centres()
    {
        const int Rows = 3,
            Columns = 2,
            Channels = 2;
        float[] x = Numbers(Rows * Columns * Channels, 1);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, Rows, Columns, Channels);
        file.Step(
            ResizeBilinear,
            [picture, file.Integers(2 * Rows, 2 * Columns)],
            file.Tensor(1, 2 * Rows, 2 * Columns, Channels),
            (3, 1, false)
        );
        var expected = new float[4 * x.Length];
        for (int r = 0; r < 2 * Rows; r++)
        for (int c = 0; c < 2 * Columns; c++)
        for (int k = 0; k < Channels; k++)
        {
            float y = Math.Clamp((r + 0.5f) / 2 - 0.5f, 0, Rows - 1),
                z = Math.Clamp((c + 0.5f) / 2 - 0.5f, 0, Columns - 1);
            int y0 = (int)y,
                z0 = (int)z,
                y1 = Math.Min(y0 + 1, Rows - 1),
                z1 = Math.Min(z0 + 1, Columns - 1);
            float above = At(y0, z0) + (At(y0, z1) - At(y0, z0)) * (z - z0),
                below = At(y1, z0) + (At(y1, z1) - At(y1, z0)) * (z - z0);
            expected[(r * 2 * Columns + c) * Channels + k] = above + (below - above) * (y - y0);

            float At(int row, int column) => x[(row * Columns + column) * Channels + k];
        }
        Near(expected, file.Run(x));
    }

    [Fact]
    public void Depth_becomes_blocks_of_pixels()
    {
        float[] x = Numbers(2 * 3 * 8, 1);
        var file = new TfLiteBuilder();
        file.Step(DepthToSpace, [file.Tensor(1, 2, 3, 8)], file.Tensor(1, 4, 6, 2), (0, 2, true));
        var expected = new float[x.Length];
        for (int r = 0; r < 4; r++)
        for (int c = 0; c < 6; c++)
        for (int k = 0; k < 2; k++)
            expected[(r * 6 + c) * 2 + k] = x[(r / 2 * 3 + c / 2) * 8 + (r % 2 * 2 + c % 2) * 2 + k];
        Assert.Equal(expected, file.Run(x));
    }

    [Fact]
    public void Numbers_below_zero_are_damped_by_their_channels_slope()
    {
        float[] x = Numbers(2 * 2 * 3, 1),
            slopes = [0.1f, 0.5f, 2];
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 3);
        file.Step(Prelu, [picture, file.Singles([1, 1, 3], slopes)], file.Tensor(1, 2, 2, 3));
        Near([.. x.Select((v, i) => v > 0 ? v : v * slopes[i % 3])], file.Run(x));
    }

    [Fact]
    public void A_part_of_the_channels_is_cut_out()
    {
        float[] x = Numbers(2 * 2 * 4, 1);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 4);
        file.Step(
            StridedSlice,
            [picture, file.Integers(0, 0, 1, 1), file.Integers(1, 2, 2, 3), file.Integers(1, 1, 1, 1)],
            file.Tensor(1, 2, 1, 2)
        );
        Assert.Equal([x[5], x[6], x[13], x[14]], file.Run(x));
    }

    [Fact]
    public void Boxes_of_two_pictures_stand_in_the_order_of_rows_columns_and_channels()
    {
        float[] x = Numbers(2 * 3 * 4, 1);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 3, 4),
            shape = file.Integers(1, -1, 2),
            boxes = file.Tensor(1, 12, 2),
            twice = file.Tensor(1, 2, 3, 4),
            others = file.Tensor(1, 12, 2);
        file.Step(Reshape, [picture, shape], boxes);
        file.Step(Add, [picture, picture], twice);
        file.Step(Reshape, [twice, shape], others);
        file.Step(Concatenation, [boxes, others], file.Tensor(1, 24, 2), (0, 1, true));
        Assert.Equal([.. x, .. x.Select(v => v + v)], file.Run(x));
    }

    [Fact]
    public void A_mean_over_the_picture_goes_through_weights_and_a_sigmoid()
    {
        float[] x = Numbers(4 * 4 * 2, 1),
            weights = Numbers(3 * 2, 2),
            bias = Numbers(3, 3);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 4, 4, 2),
            mean = file.Tensor(1, 2),
            sum = file.Tensor(1, 3);
        file.Step(TfLiteOperation.Mean, [picture, file.Integers(1, 2)], mean);
        file.Step(FullyConnected, [mean, file.Singles([3, 2], weights), file.Singles([3], bias)], sum);
        file.Step(Logistic, [sum], file.Tensor(1, 3));
        float[] means = [.. Enumerable.Range(0, 2).Select(k => x.Where((_, i) => i % 2 == k).Average())];
        Near(
            [
                .. Enumerable
                    .Range(0, 3)
                    .Select(o =>
                        1 / (1 + MathF.Exp(-(bias[o] + weights[2 * o] * means[0] + weights[2 * o + 1] * means[1])))
                    ),
            ],
            file.Run(x)
        );
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(32)]
    public void Weights_of_half_precision_and_packed_weights_are_unpacked(int width)
    {
        float[] dense = [0, 0, 1.5f, 0, 0, 0, -2, 0.25f, 0];
        float[] x = Numbers(2 * 2 * 3, 1);
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 3),
            packed = file.Packed([3, 1, 1, 3], [1.5f, -2, 0.25f], new([0, 1, 1, 3], [2, 0, 1], width)),
            halves = file.Add([3, 1, 1, 3], 1, []),
            weights = file.Tensor(3, 1, 1, 3),
            bias = file.Halves([3], 0.5f, 0, -1),
            wide = file.Tensor(3);
        file.Step(Densify, [packed], halves);
        file.Step(Dequantize, [halves], weights);
        file.Step(Dequantize, [bias], wide);
        file.Step(Conv2D, [picture, weights, wide], file.Tensor(1, 2, 2, 3), (1, 1, true), (2, 1, true));
        Near(
            [
                .. x.Chunk(3)
                    .SelectMany(pixel =>
                        Enumerable
                            .Range(0, 3)
                            .Select(o =>
                                new[] { 0.5f, 0, -1 }[o] + Enumerable.Range(0, 3).Sum(i => dense[3 * o + i] * pixel[i])
                            )
                    ),
            ],
            file.Run(x)
        );
    }

    [Fact]
    public void An_output_that_nobody_wants_costs_nothing()
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 1),
            left = file.Tensor(1, 2, 2, 1),
            right = file.Tensor(1, 2, 2, 1);
        file.Step(Add, [picture, picture], left);
        file.Step((TfLiteOperation)99, [picture], right); // would be refused
        file.Outputs = [left, right];
        byte[] onnx = TfLiteConversion.ToOnnx(TfLiteModel.Read(file.Build(), "f"), "f", "x", "sum", null);
        Assert.NotEmpty(onnx);
    }
}
