using Gesto.Training.Graphs;

namespace Gesto.Training.Models;

/// <summary>Range-Doppler maps as a linear classifier takes them: the logarithm of linear magnitudes, and neighbouring
/// bins averaged until a map has <see cref="MostBins"/> at most. Range-time maps are maps of one Doppler bin.</summary>
/// <param name="Antennas">A.</param>
/// <param name="Rows">R, range bins of the maps taken.</param>
/// <param name="Columns">D, Doppler bins of the maps taken.</param>
/// <param name="Logarithm">log(1 + x) of every value first: true for linear magnitudes, false for dB and grey
/// levels.</param>
internal sealed record RadarReduction(int Antennas, int Rows, int Columns, bool Logarithm)
{
    /// <summary>Bins of a reduced map: enough for where an echo is; a linear map of more learns the room by
    /// heart.</summary>
    public const int MostBins = 1024;

    /// <summary>Neighbouring bins that become one, along range and along Doppler.</summary>
    private (int Rows, int Columns) Factor
    {
        get
        {
            (int r, int d) = (1, 1);
            while (Reduced(Rows, r) * Reduced(Columns, d) > MostBins)
            {
                if (Reduced(Columns, d) >= Reduced(Rows, r))
                    d *= 2;
                else
                    r *= 2;
            }
            return (r, d);
        }
    }

    /// <summary>Values of a reduced frame, antennas one after another.</summary>
    public int Width => Antennas * WidthPerAntenna;

    public int WidthPerAntenna => Reduced(Rows, Factor.Rows) * Reduced(Columns, Factor.Columns);

    /// <param name="frames">(T, A, R, D).</param>
    /// <returns>(T, <see cref="Width"/>).</returns>
    public float[] Apply(ReadOnlySpan<float> frames)
    {
        (int fr, int fd) = Factor;
        int rows = Reduced(Rows, fr),
            columns = Reduced(Columns, fd),
            maps = frames.Length / (Rows * Columns);
        var reduced = new float[maps * rows * columns];
        for (int map = 0; map < maps; map++)
        for (int r = 0; r < rows; r++)
        for (int d = 0; d < columns; d++)
        {
            double sum = 0;
            int count = 0;
            for (int i = r * fr; i < Math.Min(Rows, (r + 1) * fr); i++)
            for (int j = d * fd; j < Math.Min(Columns, (d + 1) * fd); j++, count++)
            {
                float value = frames[(map * Rows + i) * Columns + j];
                sum += Logarithm ? Math.Log(1 + Math.Max(0, value)) : value;
            }
            reduced[(map * rows + r) * columns + d] = (float)(sum / count);
        }
        return reduced;
    }

    private static int Reduced(int bins, int factor) => (bins + factor - 1) / factor;

    /// <summary>Writes what <see cref="Apply"/> does: "frames" (T, A, R, D) → "features" (T, <see
    /// cref="Width"/>).</summary>
    public byte[] ToOnnx(string name)
    {
        (int r, int d) = Factor;
        var graph = new OnnxGraph(name);
        graph.Input("frames", Antennas, Rows, Columns);
        string values = Logarithm ? graph.LogOnePlus("frames") : "frames";
        values = graph.Op(
            "AveragePool",
            [values],
            OnnxGraph.Ints("kernel_shape", r, d),
            OnnxGraph.Ints("strides", r, d),
            OnnxGraph.Integer("ceil_mode", 1)
        );
        graph.Output(graph.Reshape(values, -1, Width), "features", "T", "F");
        return graph.ToModel();
    }
}
