namespace Gesto.Video;

/// <summary>Cuts and resizes the frames of one video to a <see cref="ClipFormat"/>. Not thread-safe.</summary>
internal sealed class FrameCut(ClipFormat format)
{
    private FrameResize? resize;
    private byte[] cut = [],
        resized = [];

    public void Resize(PortableMapReader image, Span<byte> to) => Resize(image.Width, image.Height, image.Pixels, to);

    public void Resize(int width, int height, ReadOnlySpan<byte> pixels, Span<byte> to)
    {
        int channels = format.Colour ? 3 : 1;
        (int left, int top, int w, int h) = format.Crop?.Invoke(width, height)
            ?? FrameFits.Part(format.Fit, width, height, format.Width, format.Height);
        (int toLeft, int toTop, int toWidth, int toHeight) = FrameFits.Place(
            format.Fit,
            w,
            h,
            format.Width,
            format.Height
        );
        if (resize is null || resize.Width != w || resize.Height != h)
            resize = new FrameResize(w, h, toWidth, toHeight, channels);
        if ((w, h) != (width, height))
        {
            int bytes = w * channels;
            if (cut.Length != bytes * h)
                cut = new byte[bytes * h];
            for (int y = 0; y < h; y++)
                pixels.Slice(((top + y) * width + left) * channels, bytes).CopyTo(cut.AsSpan(y * bytes));
            pixels = cut;
        }
        if ((toWidth, toHeight) == (format.Width, format.Height))
        {
            resize.Resize(pixels, to);
            return;
        }
        int row = toWidth * channels;
        if (resized.Length != row * toHeight)
            resized = new byte[row * toHeight];
        resize.Resize(pixels, resized);
        Fill(to);
        for (int y = 0; y < toHeight; y++)
            resized.AsSpan(y * row, row).CopyTo(to[(((toTop + y) * format.Width + toLeft) * channels)..]);
    }

    private void Fill(Span<byte> to)
    {
        if (!format.Colour)
            to.Fill(FrameFits.GreyFill);
        else
            for (int i = 0; i < to.Length; i++)
                to[i] = FrameFits.Fill[i % 3];
    }
}
