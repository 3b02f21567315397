using System.Runtime.InteropServices;
using Gesto.Models;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>Radar frames of many samples, resident as they are on disk (uint8 or float32) and widened per batch.</summary>
internal sealed class RadarSequences
{
    private readonly List<(byte[] Bytes, int Length)> samples = [];
    private readonly string dtype;
    private readonly int elementSize;

    /// <param name="dtype">"|u1" or "&lt;f4".</param>
    /// <param name="frameShape">(A, R, D).</param>
    public RadarSequences(string dtype, ReadOnlySpan<int> frameShape)
    {
        if (dtype is not ("|u1" or "<f4") || frameShape.Length != 3)
            throw new ArgumentException($"Radar frames are |u1 or <f4 (T,A,R,D), found {dtype} with {frameShape.Length} axes a frame.");
        this.dtype = dtype;
        elementSize = dtype == "|u1" ? 1 : 4;
        (Antennas, Range, Doppler) = (frameShape[0], frameShape[1], frameShape[2]);
    }

    public int Antennas { get; }

    public int Range { get; }

    public int Doppler { get; }

    public int Count => samples.Count;

    private int FrameBytes => Antennas * Range * Doppler * elementSize;

    public int LengthOf(int sample) => samples[sample].Length;

    /// <summary>Takes the first <paramref name="length"/> frames of a stored array.</summary>
    public void Add(NpyArray array, int length)
    {
        if (array.DType != dtype) throw new ArgumentException($"Frames are {array.DType}, expected {dtype}.", nameof(array));
        samples.Add((array.Bytes.AsSpan(0, length * FrameBytes).ToArray(), length));
    }

    /// <summary>All frames of a sample: (T, A, R, D), uint8 or float32.</summary>
    public Tensor Frames(int sample)
    {
        (byte[] bytes, int length) = samples[sample];
        return ToTensor(bytes, length);
    }

    /// <summary>Frames of several samples, one after another, (ΣL, A, R, D), and how many each has. Padding never reaches
    /// the CNN.</summary>
    /// <param name="chosen">Samples.</param>
    /// <param name="augmentation">Range shift, tempo and frame dropout are made here, while copying; null = none.</param>
    /// <param name="random">Source of the augmentation; may be null without.</param>
    public (Tensor Frames, int[] Lengths) Batch(ReadOnlySpan<int> chosen, AugmentationRecipe? augmentation, Random? random)
    {
        var plans = new (int[] Frames, int Shift)[chosen.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            int length = LengthOf(chosen[i]);
            plans[i] = augmentation is null
                ? ([.. Enumerable.Range(0, length)], 0)
                : (Sequences.DrawSteps(length, Sequences.DrawTempo(augmentation.TempoSpread, random!), augmentation.FrameDropout, timeMasking: 0, random!),
                    random!.Next(-augmentation.RangeShiftBins, augmentation.RangeShiftBins + 1));
        }
        int[] lengths = [.. plans.Select(p => p.Frames.Length)];
        var block = new byte[lengths.Sum() * FrameBytes];
        int at = 0;
        for (int i = 0; i < chosen.Length; i++)
            foreach (int frame in plans[i].Frames)
            {
                CopyShifted(samples[chosen[i]].Bytes.AsSpan(frame * FrameBytes, FrameBytes), block.AsSpan(at, FrameBytes), plans[i].Shift);
                at += FrameBytes;
            }
        return (ToTensor(block, lengths.Sum()), lengths);
    }

    /// <summary>Mean and standard deviation over all values of some samples, prepared as the CNN does.</summary>
    public (float Mean, float Deviation) Statistics(IEnumerable<int> chosen, RadarPreparation preparation)
    {
        double sum = 0, squares = 0;
        long count = 0;
        foreach (int sample in chosen)
        {
            using var scope = NewDisposeScope();
            Tensor values = RadarCnn.Prepare(Frames(sample), [LengthOf(sample)], preparation);
            values = values.to(ScalarType.Float64);
            sum += values.sum().item<double>();
            squares += values.square().sum().item<double>();
            count += values.numel();
        }
        double mean = sum / count;
        double deviation = Math.Sqrt(Math.Max(0, squares / count - mean * mean));
        return ((float)mean, deviation > 1e-6 ? (float)deviation : 1);
    }

    /// <summary>Moves each antenna's map by whole range rows; the edge row fills what comes in.</summary>
    private void CopyShifted(ReadOnlySpan<byte> from, Span<byte> to, int shift)
    {
        if (shift == 0)
        {
            from.CopyTo(to);
            return;
        }
        int row = Doppler * elementSize;
        for (int antenna = 0; antenna < Antennas; antenna++)
            for (int r = 0; r < Range; r++)
            {
                int source = Math.Clamp(r - shift, 0, Range - 1);
                from.Slice((antenna * Range + source) * row, row).CopyTo(to.Slice((antenna * Range + r) * row, row));
            }
    }

    /// <summary>The first <paramref name="length"/> frames of a stored array, (T, A, R, D).</summary>
    public Tensor ToTensor(NpyArray array, int length) => ToTensor(array.Bytes.AsSpan(0, length * FrameBytes).ToArray(), length);

    private Tensor ToTensor(byte[] bytes, int frames)
    {
        if (elementSize == 1) return tensor(bytes, [frames, Antennas, Range, Doppler]);
        return tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), [frames, Antennas, Range, Doppler]);
    }
}
