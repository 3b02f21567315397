namespace Gesto.Video;

/// <summary>Cuts and resizes the frames of one video to a <see cref="ClipFormat"/>. Not thread-safe.</summary>
internal sealed class FrameCut(ClipFormat format)
{
    private FrameResize? resize;
    private byte[] cut = [];

    public void Resize(PortableMapReader image, Span<byte> to) => Resize(image.Width, image.Height, image.Pixels, to);

    public void Resize(int width, int height, ReadOnlySpan<byte> pixels, Span<byte> to)
    {
        int channels = format.Colour ? 3 : 1;
        (int left, int top, int w, int h) = format.Crop?.Invoke(width, height) ?? (0, 0, width, height);
        if (resize is null || resize.Width != w || resize.Height != h) resize = new FrameResize(w, h, format.Width, format.Height, channels);
        if ((w, h) != (width, height))
        {
            int bytes = w * channels;
            if (cut.Length != bytes * h) cut = new byte[bytes * h];
            for (int y = 0; y < h; y++) pixels.Slice(((top + y) * width + left) * channels, bytes).CopyTo(cut.AsSpan(y * bytes));
            pixels = cut;
        }
        resize.Resize(pixels, to);
    }
}
