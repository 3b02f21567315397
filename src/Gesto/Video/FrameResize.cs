using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Gesto.Video;

/// <summary>Resizes frames as Pillow's <c>Image.resize(size, BILINEAR)</c> does, bit for bit: a triangle filter widened
/// by the reduction (so small pictures do not alias), first along rows, then along columns, in 22-bit fixed point with
/// rounding to 8 bits after each. Made for one pair of sizes; not thread-safe.</summary>
/// <remarks>ffmpeg's and OpenCV's "bilinear" do not antialias: their pictures differ from these by 3.5–5 levels on
/// average, which is why no other resize is used anywhere in Gesto.</remarks>
internal sealed class FrameResize
{
    /// <summary>Names this resize in a <see cref="Encoders.FeatureKey"/>.</summary>
    public const string Name = "bilinear-antialias";

    private readonly ResizeFilter columns;
    private readonly ResizeFilter rows;
    private readonly int channels;
    private readonly byte[] narrowed;
    private readonly int[] rowSums;

    /// <param name="width">Source columns, ≥ 1.</param>
    /// <param name="height">Source rows, ≥ 1.</param>
    /// <param name="toWidth">Target columns, ≥ 1.</param>
    /// <param name="toHeight">Target rows, ≥ 1.</param>
    /// <param name="channels">Interleaved bytes a pixel: 1 grey, 3 colour.</param>
    public FrameResize(int width, int height, int toWidth, int toHeight, int channels)
    {
        if (channels is not (1 or 3))
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "1 or 3");
        (Width, Height, ToWidth, ToHeight, this.channels) = (width, height, toWidth, toHeight, channels);
        columns = new ResizeFilter(width, toWidth);
        rows = new ResizeFilter(height, toHeight);
        narrowed = new byte[height * toWidth * channels];
        rowSums = new int[toWidth * channels];
    }

    public int Width { get; }

    public int Height { get; }

    public int ToWidth { get; }

    public int ToHeight { get; }

    /// <param name="frame">Source, row-major, Height × Width × channels bytes.</param>
    /// <param name="resized">Receives ToHeight × ToWidth × channels bytes.</param>
    public void Resize(ReadOnlySpan<byte> frame, Span<byte> resized)
    {
        if (frame.Length != Width * Height * channels)
            throw new ArgumentException($"{frame.Length} bytes, expected {Width * Height * channels}.", nameof(frame));
        if (resized.Length != ToWidth * ToHeight * channels)
            throw new ArgumentException(
                $"{resized.Length} bytes, expected {ToWidth * ToHeight * channels}.",
                nameof(resized)
            );
        int stride = Width * channels,
            toStride = ToWidth * channels;
        for (int y = 0; y < Height; y++)
        {
            ReadOnlySpan<byte> fromRow = frame[(y * stride)..];
            Span<byte> to = narrowed.AsSpan(y * toStride, toStride);
            if (Width == ToWidth)
                fromRow[..stride].CopyTo(to);
            else if (channels == 3)
                NarrowColour(fromRow, to);
            else
                NarrowGrey(fromRow, to);
        }
        if (Height == ToHeight)
            narrowed.CopyTo(resized);
        else
            Shorten(resized, toStride);
    }

    /// <param name="pixels">The row, and the rest of the frame after it: a pixel is read as four bytes.</param>
    /// <param name="to">Receives one row.</param>
    private void NarrowColour(ReadOnlySpan<byte> pixels, Span<byte> to)
    {
        for (int x = 0; x < ToWidth; x++)
        {
            ReadOnlySpan<int> weights = columns.Fixed(x, out int start);
            int at = start * 3;
            Vector128<int> sums = Vector128.Create(ResizeFilter.Half);
            if (at + weights.Length * 3 < pixels.Length)
            {
                for (int k = 0; k < weights.Length; k++, at += 3)
                    sums += Levels(BinaryPrimitives.ReadUInt32LittleEndian(pixels[at..])) * weights[k];
            }
            else // the frame's last pixel has no byte after it
            {
                for (int k = 0; k < weights.Length; k++, at += 3)
                    sums += Vector128.Create(pixels[at], pixels[at + 1], pixels[at + 2], 0) * weights[k];
            }
            to[3 * x] = (byte)(sums[0] >> ResizeFilter.Bits);
            to[3 * x + 1] = (byte)(sums[1] >> ResizeFilter.Bits);
            to[3 * x + 2] = (byte)(sums[2] >> ResizeFilter.Bits);
        }
    }

    /// <summary>Four bytes as four numbers.</summary>
    private static Vector128<int> Levels(uint bytes) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte())).AsInt32();

    /// <param name="pixels">The row, and the rest of the frame after it: what lies behind a pixel's weights is weighted
    /// with zero.</param>
    /// <param name="to">Receives one row.</param>
    private void NarrowGrey(ReadOnlySpan<byte> pixels, Span<byte> to)
    {
        for (int x = 0; x < to.Length; x++)
        {
            ReadOnlySpan<int> weights = columns.Padded(x, out int start);
            int sum = ResizeFilter.Half;
            if (start + weights.Length <= pixels.Length)
            {
                Vector256<int> sums = Vector256<int>.Zero;
                for (int k = 0; k < weights.Length; k += ResizeFilter.Padding)
                    sums +=
                        Levels(BinaryPrimitives.ReadUInt64LittleEndian(pixels[(start + k)..]))
                        * Vector256.Create(weights[k..]);
                sum += Vector256.Sum(sums);
            }
            else
            {
                weights = columns.Fixed(x, out start);
                for (int k = 0; k < weights.Length; k++)
                    sum += pixels[start + k] * weights[k];
            }
            to[x] = (byte)(sum >> ResizeFilter.Bits);
        }
    }

    /// <summary>Eight bytes as eight numbers.</summary>
    private static Vector256<int> Levels(ulong bytes)
    {
        Vector128<ushort> wide = Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte());
        return Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)).AsInt32();
    }

    /// <summary>Whole rows are weighted and added, which the compiler and the cache both like.</summary>
    private void Shorten(Span<byte> resized, int stride)
    {
        for (int y = 0; y < ToHeight; y++)
        {
            ReadOnlySpan<int> weights = rows.Fixed(y, out int start);
            Array.Fill(rowSums, ResizeFilter.Half);
            for (int k = 0; k < weights.Length; k++)
                RowSum.Add(narrowed.AsSpan((start + k) * stride, stride), weights[k], rowSums);
            RowSum.Shift(rowSums, ResizeFilter.Bits, resized.Slice(y * stride, stride));
        }
    }
}
