namespace Gesto.Training.TfLite;

/// <summary>What a tensor of a model is while the model is converted.</summary>
/// <param name="Shape">As in the file.</param>
internal abstract record TfLiteValue(int[] Shape);

/// <summary>Constant numbers, row-major.</summary>
internal sealed record TfLiteSingles(int[] Shape, float[] Values) : TfLiteValue(Shape);

/// <summary>Constant whole numbers: shapes, paddings.</summary>
internal sealed record TfLiteIntegers(int[] Shape, int[] Values) : TfLiteValue(Shape);

/// <summary>What a node of the ONNX graph computes.</summary>
/// <param name="Shape">As in the file.</param>
/// <param name="Node">Its name. Four axes (N, H, W, C) of the file are (N, C, H, W) there; others are as in the
/// file.</param>
internal sealed record TfLiteComputed(int[] Shape, string Node) : TfLiteValue(Shape)
{
    /// <summary>Zeros around it that no node has added yet: top, left, bottom, right. <see cref="TfLiteValue.Shape"/>
    /// counts them.</summary>
    public (int Top, int Left, int Bottom, int Right) Padding { get; init; }

    /// <summary>How many times more rows and columns it has than the node's picture, which is still to be enlarged:
    /// linearly, pixels being squares. <see cref="TfLiteValue.Shape"/> counts them; default = none.</summary>
    public (int Rows, int Columns) Enlarged { get; init; }

    /// <summary>True of (N, H, W, C), which the graph has as (N, C, H, W).</summary>
    public bool IsPicture => Shape.Length == 4;
}
