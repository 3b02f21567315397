namespace Gesto.Video;

/// <summary>The resize of <see cref="FrameResize"/> for maps of numbers: same weights, no rounding to levels.</summary>
internal static class MapResize
{
    /// <param name="map">Source, row-major, rows × columns.</param>
    /// <param name="rows">Source rows.</param>
    /// <param name="columns">Source columns.</param>
    /// <param name="resized">Receives toRows × toColumns values.</param>
    /// <param name="toRows">Target rows.</param>
    /// <param name="toColumns">Target columns.</param>
    public static void Resize(
        ReadOnlySpan<float> map,
        int rows,
        int columns,
        Span<float> resized,
        int toRows,
        int toColumns
    )
    {
        if (rows == toRows && columns == toColumns)
        {
            map.CopyTo(resized);
            return;
        }
        var across = new ResizeFilter(columns, toColumns);
        var down = new ResizeFilter(rows, toRows);
        var narrowed = new double[rows * toColumns];
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < toColumns; x++)
            {
                ReadOnlySpan<double> weights = across.Exact(x, out int start);
                double sum = 0;
                for (int k = 0; k < weights.Length; k++)
                    sum += map[y * columns + start + k] * weights[k];
                narrowed[y * toColumns + x] = sum;
            }
        }
        for (int y = 0; y < toRows; y++)
        {
            ReadOnlySpan<double> weights = down.Exact(y, out int start);
            for (int x = 0; x < toColumns; x++)
            {
                double sum = 0;
                for (int k = 0; k < weights.Length; k++)
                    sum += narrowed[(start + k) * toColumns + x] * weights[k];
                resized[y * toColumns + x] = (float)sum;
            }
        }
    }
}
