namespace Gesto.Video;

/// <summary>Reads a stream of binary portable grey and pixel maps (P5, P6; 8 bits), as ffmpeg's image2pipe writes them:
/// "P6\n640 480\n255\n" and the pixels, image after image. Source: netpbm, pgm(5) and ppm(5).</summary>
internal sealed class PortableMapReader(Stream stream, string name, VideoLimits limits)
{
    private byte[] pixels = [];
    private int length;

    public int Width { get; private set; }

    public int Height { get; private set; }

    public ReadOnlySpan<byte> Pixels => pixels.AsSpan(0, length);

    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="VideoException">The stream breaks off inside an image, or an image passes the
    /// limits.</exception>
    public bool Read()
    {
        int first = stream.ReadByte();
        if (first < 0)
            return false;
        int kind = stream.ReadByte();
        if (first != 'P' || kind is not ('5' or '6'))
            throw Broken();
        Width = ReadNumber();
        Height = ReadNumber();
        if (ReadNumber() != 255)
            throw Broken();
        if ((long)Width * Height > limits.MaxPixels)
            throw new VideoException(
                VideoFault.Undecodable,
                $"{name}: {Width} x {Height} pixels a frame, the limit is {limits.MaxPixels}."
            );
        length = checked(Width * Height * (kind == '6' ? 3 : 1));
        if (pixels.Length < length)
            pixels = new byte[length];
        if (stream.ReadAtLeast(pixels.AsSpan(0, length), length, throwOnEndOfStream: false) < length)
            throw Broken();
        return true;
    }

    /// <summary>Skips white space, reads digits and the one white-space byte after them.</summary>
    private int ReadNumber()
    {
        int value = 0,
            digits = 0;
        while (true)
        {
            int b = stream.ReadByte();
            if (b is >= '0' and <= '9' && digits < 8)
                (value, digits) = (value * 10 + b - '0', digits + 1);
            else if (b is not (' ' or '\n'))
                throw Broken();
            else if (digits > 0)
                return value;
        }
    }

    private VideoException Broken() => new(VideoFault.Undecodable, $"{name}: the decoded frames break off.");
}
