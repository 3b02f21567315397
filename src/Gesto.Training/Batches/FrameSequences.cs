using Gesto.Files;
using Gesto.Training.Features;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Batches;

/// <summary>Frames of many samples as they are stored (uint8, float16 or float32), widened per batch: in memory, or on
/// disk and read whenever they are shown. One caller at a time.</summary>
internal sealed class FrameSequences
{
    private readonly List<(byte[]? Bytes, FeatureStore? Store, string Key, int Length)> samples = [];
    private byte[] buffer = [];
    private readonly string dtype;
    private readonly ScalarType type;
    private readonly int elementSize;

    /// <param name="dtype">"|u1", "&lt;f2" or "&lt;f4".</param>
    /// <param name="frameShape">(C, H, W); radar: (A, R, D).</param>
    public FrameSequences(string dtype, ReadOnlySpan<int> frameShape)
    {
        this.dtype = dtype;
        (type, elementSize) = dtype switch
        {
            "|u1" => (ScalarType.Byte, 1),
            "<f2" => (ScalarType.Float16, 2),
            "<f4" => (ScalarType.Float32, 4),
            _ => throw new ArgumentException($"Frames are |u1, <f2 or <f4, found {dtype}.", nameof(dtype)),
        };
        if (frameShape.Length != 3)
            throw new ArgumentException(
                $"Frames are (T, C, H, W), found {frameShape.Length} axes a frame.",
                nameof(frameShape)
            );
        (Channels, Rows, Columns) = (frameShape[0], frameShape[1], frameShape[2]);
    }

    public int Channels { get; }

    public int Rows { get; }

    public int Columns { get; }

    public int Count => samples.Count;

    /// <summary>Frames of the longest sample.</summary>
    public int Longest { get; private set; }

    /// <summary>Where frames are put.</summary>
    public Device Device { get; set; } = CPU;

    private int FrameBytes => Channels * Rows * Columns * elementSize;

    public int LengthOf(int sample) => samples[sample].Length;

    /// <summary>Takes the first <paramref name="length"/> frames of a stored array.</summary>
    public void Add(NpyArray array, int length)
    {
        if (array.DType != dtype)
            throw new ArgumentException($"Frames are {array.DType}, expected {dtype}.", nameof(array));
        samples.Add((array.Bytes.AsSpan(0, length * FrameBytes).ToArray(), null, "", length));
        Longest = Math.Max(Longest, length);
    }

    /// <summary>A sample that has not got the modality.</summary>
    public void AddMissing() => samples.Add(([], null, "", 0));

    /// <summary>Leaves a sample's frames on disk.</summary>
    /// <param name="store">Of (T, C, H, W).</param>
    /// <param name="key">The sample's.</param>
    public void Add(FeatureStore store, string key)
    {
        samples.Add((null, store, key, store.LengthOf(key)));
        Longest = Math.Max(Longest, store.LengthOf(key));
    }

    /// <summary>All frames of a sample: (T, C, H, W), of the stored type.</summary>
    public Tensor Frames(int sample) => ToTensor(Bytes(sample), samples[sample].Length);

    /// <summary>Frames of several samples one after another, (ΣL, C, H, W). Padding never reaches an encoder.</summary>
    /// <param name="chosen">Samples.</param>
    /// <param name="steps">Which frames of each, in order.</param>
    /// <param name="shifts">Rows by which each sample is moved down, its edge filling what comes in.</param>
    public Tensor Batch(ReadOnlySpan<int> chosen, int[][] steps, int[] shifts)
    {
        int total = steps.Sum(s => s.Length),
            at = 0;
        Tensor block = Empty(total);
        Span<byte> to = block.bytes;
        for (int i = 0; i < chosen.Length; i++)
        {
            ReadOnlySpan<byte> bytes = steps[i].Length > 0 ? Bytes(chosen[i]) : [];
            foreach (int frame in steps[i])
            {
                CopyShifted(bytes.Slice(frame * FrameBytes, FrameBytes), to.Slice(at, FrameBytes), shifts[i]);
                at += FrameBytes;
            }
        }
        return block.MovedTo(Device);
    }

    /// <summary>Mean and standard deviation over all values of some samples, prepared as the radar CNN does.</summary>
    public (float Mean, float Deviation) Statistics(IEnumerable<int> chosen, RadarPreparation preparation)
    {
        double sum = 0,
            squares = 0;
        long count = 0;
        foreach (int sample in chosen.Where(s => LengthOf(s) > 0))
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

    /// <summary>Moves each channel by whole rows; the edge row fills what comes in.</summary>
    private void CopyShifted(ReadOnlySpan<byte> from, Span<byte> to, int shift)
    {
        if (shift == 0)
        {
            from.CopyTo(to);
            return;
        }
        int row = Columns * elementSize;
        for (int channel = 0; channel < Channels; channel++)
        for (int r = 0; r < Rows; r++)
        {
            int source = Math.Clamp(r - shift, 0, Rows - 1);
            from.Slice((channel * Rows + source) * row, row).CopyTo(to.Slice((channel * Rows + r) * row, row));
        }
    }

    /// <summary>The first <paramref name="length"/> frames of a stored array, (T, C, H, W).</summary>
    public Tensor ToTensor(NpyArray array, int length) => ToTensor(array.Bytes.AsSpan(0, length * FrameBytes), length);

    private Tensor ToTensor(ReadOnlySpan<byte> bytes, int frames)
    {
        Tensor values = Empty(frames);
        bytes.CopyTo(values.bytes);
        return values.MovedTo(Device);
    }

    private Tensor Empty(int frames) => empty([frames, Channels, Rows, Columns], type);

    /// <returns>(T, C, H, W), valid until the next call.</returns>
    private ReadOnlySpan<byte> Bytes(int sample)
    {
        (byte[]? bytes, FeatureStore? store, string key, int length) = samples[sample];
        if (bytes is not null)
            return bytes;
        if (buffer.Length < length * FrameBytes)
            buffer = new byte[length * FrameBytes];
        Span<byte> read = buffer.AsSpan(0, length * FrameBytes);
        store!.ReadRows(key, read);
        return read;
    }
}
