using Gesto.Training.Graphs;

namespace Gesto.Training.TfLite;

/// <summary>Each operator; the numbers of its options are the schema's.</summary>
internal sealed partial class TfLiteConversion
{
    private TfLiteComputed Convolution(TfLiteOperator step, bool depthwise)
    {
        TfLiteComputed x = Picture(step, 0);
        TfLiteSingles weights = Singles(step, 1);
        if (weights.Shape.Length != 4)
            throw Wrong(step.Operation, $"weights ({Shown(weights.Shape)})", "four axes");
        int channels = x.Shape[3],
            outputs = weights.Shape[depthwise ? 3 : 0];
        (int rows, int columns) = (weights.Shape[1], weights.Shape[2]);
        if (
            depthwise ? weights.Shape[0] != 1 || channels == 0 || outputs % channels != 0 : weights.Shape[3] != channels
        )
            throw Wrong(step.Operation, $"weights ({Shown(weights.Shape)})", $"{channels} channels");
        float[] bias = step.Inputs.Length > 2 && step.Inputs[2] >= 0 ? Singles(step, 2).Values : new float[outputs];
        if (bias.Length != outputs)
            throw Wrong(step.Operation, $"{bias.Length} biases", $"{outputs}");
        // Between pixels and then weighted is weighted and then between pixels, at a fraction of the work.
        bool pointwise = (rows, columns, Option(step, 1, 0), Option(step, 2, 0)) == (1, 1, 1, 1);
        if (!pointwise && x.Enlarged != default)
            x = Settled(x);
        int dilations = depthwise ? 5 : 4;
        Window window = Of(step, x, (rows, columns), (Option(step, dilations + 1, 1), Option(step, dilations, 1)));
        // (O, H, W, I), or (1, H, W, O) of depthwise ones → (O, I, H, W), where I = 1 of depthwise ones
        int inputs = depthwise ? 1 : channels;
        var kernel = new float[weights.Values.Length];
        for (int o = 0; o < outputs; o++)
        for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
        for (int i = 0; i < inputs; i++)
            kernel[((o * inputs + i) * rows + row) * columns + column] = weights.Values[
                depthwise ? (row * columns + column) * outputs + o : ((o * rows + row) * columns + column) * inputs + i
            ];
        string sum = graph.Op(
            "Conv",
            [window.Picture.Node, graph.Values(kernel, outputs, inputs, rows, columns), graph.Values(bias, outputs)],
            [.. window.Attributes(rows, columns), OnnxGraph.Integer("group", depthwise ? channels : 1)]
        );
        return new(
            [x.Shape[0], window.Rows, window.Columns, outputs],
            Activated(step, Enlarged(sum, x.Enlarged), Option8(step, depthwise ? 4 : 3))
        );
    }

    private TfLiteComputed MaxPool(TfLiteOperator step)
    {
        // Beyond a picture's edge there is nothing to be the largest: zeros would be.
        TfLiteComputed x = Settled(Picture(step, 0));
        (int rows, int columns) = (Option(step, 4, 0), Option(step, 3, 0));
        Window window = Of(step, x, (rows, columns), (1, 1));
        string pooled = graph.Op("MaxPool", [x.Node], [.. window.Attributes(rows, columns)]);
        return new([x.Shape[0], window.Rows, window.Columns, x.Shape[3]], Activated(step, pooled, Option8(step, 5)));
    }

    private TfLiteComputed Sum(TfLiteOperator step)
    {
        (TfLiteComputed a, TfLiteComputed b) = (Settled(Computed(step, 0)), Settled(Computed(step, 1)));
        if (!a.Shape.SequenceEqual(b.Shape))
            throw Wrong(step.Operation, $"({Shown(a.Shape)}) and ({Shown(b.Shape)})", "one shape");
        return a with { Node = Activated(step, graph.Add(a.Node, b.Node), Option8(step, 0)) };
    }

    private TfLiteComputed Logistic(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Computed(step, 0));
        return x with { Node = graph.Op("Sigmoid", [x.Node]) };
    }

    private TfLiteComputed Prelu(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Picture(step, 0));
        TfLiteSingles slope = Singles(step, 1);
        int channels = x.Shape[3];
        if (!slope.Shape.SequenceEqual([1, 1, channels]))
            throw Wrong(step.Operation, $"slopes ({Shown(slope.Shape)})", $"(1, 1, {channels})");
        // a x + (1 - a) max(x, 0): ONNX Runtime has no fast PRelu, and would turn the picture's layout for it twice.
        string below = Scaled(x.Node, slope.Values),
            above = Scaled(graph.Relu(x.Node), [.. slope.Values.Select(a => 1 - a)]);
        return x with { Node = graph.Add(below, above) };

        string Scaled(string node, float[] by) =>
            graph.Op(
                "Conv",
                [node, graph.Values(by, channels, 1, 1, 1)],
                OnnxGraph.Ints("kernel_shape", 1, 1),
                OnnxGraph.Integer("group", channels)
            );
    }

    private TfLiteComputed Pad(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Picture(step, 0));
        int[] pads = Integers(step, 1);
        if (pads.Length != 8 || pads.Any(p => p is < 0 or > 1 << 16) || pads[0] + pads[1] > 0)
            throw Wrong(step.Operation, $"paddings {Shown(pads)}", "0, 0 and six small numbers");
        int[] shape = [.. x.Shape.Select((n, axis) => n + pads[2 * axis] + pads[2 * axis + 1])];
        var padded = new TfLiteComputed(shape, x.Node) { Padding = (pads[2], pads[4], pads[3], pads[5]) };
        return pads[6] + pads[7] == 0
            ? padded
            : new(
                shape,
                graph.Op("Pad", [x.Node, graph.Integers(0, pads[6], pads[2], pads[4], 0, pads[7], pads[3], pads[5])])
            );
    }

    private TfLiteComputed Resize(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Picture(step, 0));
        int[] size = Integers(step, 1);
        (int rows, int columns) = (x.Shape[1], x.Shape[2]);
        if (size.Length != 2 || size[0] < rows || size[1] < columns || size[0] % rows + size[1] % columns != 0)
            throw Wrong(step.Operation, $"a size of {Shown(size)}", $"a multiple of {rows}, {columns}");
        if (Option8(step, 2) != 0 || Option8(step, 3) == 0)
            throw Wrong(step.Operation, "pixels that are aligned by their corners", "half_pixel_centers");
        return new([x.Shape[0], size[0], size[1], x.Shape[3]], x.Node)
        {
            Enlarged = (size[0] / rows, size[1] / columns),
        };
    }

    private TfLiteComputed DepthToSpace(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Picture(step, 0));
        int block = Option(step, 0, 0);
        if (block is < 1 or > 16 || x.Shape[3] % (block * block) != 0)
            throw Wrong(step.Operation, $"blocks of {block}", $"a side whose square divides {x.Shape[3]}");
        return new(
            [x.Shape[0], x.Shape[1] * block, x.Shape[2] * block, x.Shape[3] / (block * block)],
            graph.Op("DepthToSpace", [x.Node], OnnxGraph.Integer("blocksize", block), OnnxGraph.Text("mode", "DCR"))
        );
    }

    private TfLiteComputed Reshape(TfLiteOperator step, int[] shape)
    {
        TfLiteComputed x = Settled(Computed(step, 0));
        if (shape.Length is < 1 or > 3 || TfLiteConstants.LengthOf(shape) != TfLiteConstants.LengthOf(x.Shape))
            throw Wrong(
                step.Operation,
                $"({Shown(shape)}) of ({Shown(x.Shape)})",
                "up to three axes of as many elements"
            );
        return new(shape, graph.Reshape(InOrder(x), [.. shape.Select(n => (long)n)]));
    }

    private TfLiteComputed Concatenation(TfLiteOperator step)
    {
        TfLiteComputed[] parts = [.. step.Inputs.Select((_, i) => Settled(Computed(step, i)))];
        if (parts.Length == 0)
            throw Wrong(step.Operation, "no inputs", "one or more");
        int rank = parts[0].Shape.Length,
            axis = Option(step, 0, 0);
        axis += axis < 0 ? rank : 0;
        if (
            axis < 0
            || axis >= rank
            || Option8(step, 1) != 0
            || parts.Any(p => p.Shape.Length != rank || !Without(p.Shape).SequenceEqual(Without(parts[0].Shape)))
        )
            throw Wrong(step.Operation, "parts that do not fit together", "one shape but for one axis");
        int[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        return new(shape, graph.Concat(rank == 4 ? Turned(axis) : axis, [.. parts.Select(p => p.Node)]));

        IEnumerable<int> Without(int[] of) => of.Where((_, i) => i != axis);
    }

    private TfLiteComputed FullyConnected(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Computed(step, 0));
        TfLiteSingles weights = Singles(step, 1);
        long length = TfLiteConstants.LengthOf(x.Shape);
        if (weights.Shape is not [var outputs, var inputs] || inputs != length || Option8(step, 1) != 0)
            throw Wrong(step.Operation, $"weights ({Shown(weights.Shape)})", $"(outputs, {length})");
        float[] bias = step.Inputs.Length > 2 && step.Inputs[2] >= 0 ? Singles(step, 2).Values : new float[outputs];
        if (bias.Length != outputs)
            throw Wrong(step.Operation, $"{bias.Length} biases", $"{outputs}");
        string sum = graph.Op(
            "Gemm",
            [
                graph.Reshape(InOrder(x), 1, inputs),
                graph.Values(weights.Values, outputs, inputs),
                graph.Values(bias, outputs),
            ],
            OnnxGraph.Integer("transB", 1)
        );
        return new([1, outputs], Activated(step, sum, Option8(step, 0)));
    }

    private TfLiteComputed Mean(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Picture(step, 0));
        int[] axes = [.. Integers(step, 1).Order()];
        if (!axes.SequenceEqual([1, 2]))
            throw Wrong(step.Operation, $"axes {Shown(axes)}", "1 and 2");
        bool keep = Option8(step, 0) != 0;
        int[] shape = keep ? [x.Shape[0], 1, 1, x.Shape[3]] : [x.Shape[0], x.Shape[3]];
        return new(shape, graph.Mean(x.Node, keep, 2, 3));
    }

    private TfLiteComputed Slice(TfLiteOperator step)
    {
        TfLiteComputed x = Settled(Picture(step, 0));
        (int[] begin, int[] end, int[] stride) = (Integers(step, 1), Integers(step, 2), Integers(step, 3));
        bool plain =
            begin.Length == 4
            && end.Length == 4
            && stride.SequenceEqual([1, 1, 1, 1])
            && Enumerable.Range(0, 5).All(mask => Option(step, mask, 0) == 0)
            && Enumerable.Range(0, 4).All(a => begin[a] >= 0 && begin[a] < end[a] && end[a] <= x.Shape[a]);
        if (!plain)
            throw Wrong(step.Operation, $"from {Shown(begin)} to {Shown(end)}", $"a part of ({Shown(x.Shape)})");
        string part = graph.Op("Slice", [x.Node, Longs(Turned(begin)), Longs(Turned(end)), graph.Integers(0, 1, 2, 3)]);
        return new([.. end.Zip(begin, (to, at) => to - at)], part);

        string Longs(int[] of) => graph.Integers([.. of.Select(n => (long)n)]);
    }

    private TfLiteSingles Dense(TfLiteOperator step)
    {
        TfLiteTensor packed = model.Tensors[Input(step, 0)];
        return new(packed.Shape, constants.Densify(packed));
    }

    /// <returns>The elements in the order of the file.</returns>
    private string InOrder(TfLiteComputed value) =>
        value.IsPicture && (value.Shape[1] > 1 || value.Shape[2] > 1)
            ? graph.Transpose(value.Node, 0, 2, 3, 1)
            : value.Node;

    private string Activated(TfLiteOperator step, string sum, byte activation) =>
        activation switch
        {
            0 => sum,
            1 => graph.Relu(sum),
            3 => graph.Op("Clip", [sum, graph.Scalar(0f), graph.Scalar(6f)]),
            _ => throw Wrong(step.Operation, $"activation {activation}", "none, RELU or RELU6"),
        };

    /// <summary>What SAME and VALID mean: as many outputs as strides fit into the picture, with zeros around, one more
    /// after than before where their number is odd; or no zeros.</summary>
    private Window Of(
        TfLiteOperator step,
        TfLiteComputed x,
        (int Rows, int Columns) size,
        (int Rows, int Columns) dilation
    )
    {
        bool same = Option8(step, 0) == 0;
        (int Rows, int Columns) stride = (Option(step, 2, 0), Option(step, 1, 0));
        foreach (
            int n in (int[])[size.Rows, size.Columns, dilation.Rows, dilation.Columns, stride.Rows, stride.Columns]
        )
            if (n is < 1 or > 1024)
                throw Wrong(step.Operation, $"a window's size, stride or dilation of {n}", "1 to 1024");
        if (same && x.Padding != default)
            x = Settled(x);
        (int rows, int top, int bottom) = Axis(x.Shape[1], size.Rows, stride.Rows, dilation.Rows);
        (int columns, int left, int right) = Axis(x.Shape[2], size.Columns, stride.Columns, dilation.Columns);
        if (!same)
            (top, left, bottom, right) = x.Padding;
        return rows > 0 && columns > 0
            ? new(x, rows, columns, [top, left, bottom, right], stride, dilation)
            : throw Wrong(step.Operation, $"a picture ({Shown(x.Shape)})", "one as large as the window");

        (int Outputs, int Before, int After) Axis(int length, int window, int by, int apart)
        {
            int reach = (window - 1) * apart + 1;
            if (!same)
                return (length < reach ? 0 : (length - reach) / by + 1, 0, 0);
            int outputs = (length + by - 1) / by,
                zeros = (int)Math.Max((long)(outputs - 1) * by + reach - length, 0);
            return (outputs, zeros / 2, zeros - zeros / 2);
        }
    }

    private static int Option(TfLiteOperator step, int field, int otherwise) =>
        step.Options?.Int(field, otherwise) ?? otherwise;

    private static byte Option8(TfLiteOperator step, int field) => step.Options?.Byte(field) ?? 0;

    /// <summary>How a window moves over a picture.</summary>
    private sealed record Window(
        TfLiteComputed Picture,
        int Rows,
        int Columns,
        long[] Padding,
        (int Rows, int Columns) Stride,
        (int Rows, int Columns) Dilation
    )
    {
        public Onnx.AttributeProto[] Attributes(int rows, int columns) =>
            [
                OnnxGraph.Ints("kernel_shape", rows, columns),
                OnnxGraph.Ints("strides", Stride.Rows, Stride.Columns),
                OnnxGraph.Ints("dilations", Dilation.Rows, Dilation.Columns),
                OnnxGraph.Ints("pads", Padding),
            ];
    }
}
