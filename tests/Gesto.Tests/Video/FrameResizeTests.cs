using System.Globalization;
using System.Security.Cryptography;
using Gesto.Video;

namespace Gesto.Tests.Video;

public class FrameResizeTests
{
    // Pictures whose bytes are a formula, so that Python makes the same ones.
    private static byte[] Picture(int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)((long)i * i * 7 + i * 31L >> 3))];

    private static byte[] Resized(int width, int height, int toWidth, int toHeight, int channels)
    {
        var resized = new byte[toWidth * toHeight * channels];
        new FrameResize(width, height, toWidth, toHeight, channels).Resize(Picture(width * height * channels), resized);
        return resized;
    }

    // Pillow 9.4.0, Image.resize((to), BILINEAR) of the same picture, SHA-256 of its bytes: equal, not merely close.
    [Theory]
    [InlineData(640, 480, 224, 224, 3, "2fcfb7e7ca7b21ee")]
    [InlineData(1280, 720, 224, 224, 3, "fef079b5f6ad740b")]
    [InlineData(224, 100, 224, 224, 3, "13cad8ff487e51a0")]
    [InlineData(37, 53, 224, 224, 3, "394defd8e878c539")]
    [InlineData(1024, 256, 64, 64, 1, "a2146a28d6d17366")]
    [InlineData(424, 150, 64, 64, 1, "632eb5ad4f297982")]
    [InlineData(1, 1, 5, 3, 1, "5322fecfc92a5e32")]
    public void The_bytes_are_those_of_Pillow(
        int width,
        int height,
        int toWidth,
        int toHeight,
        int channels,
        string sha256
    ) =>
        Assert.Equal(
            sha256,
            Convert.ToHexStringLower(SHA256.HashData(Resized(width, height, toWidth, toHeight, channels)))[..16]
        );

    [Fact]
    public void The_bytes_are_those_of_the_Pillow_installed_here_for_many_sizes()
    {
        const string Script = """
            import numpy as np, hashlib
            from PIL import Image
            for w,h,tw,th,c in [(320,240,224,224,3),(1920,1080,224,224,3),(224,224,224,224,3),(225,223,224,224,3),(500,224,224,224,3),
                                (1024,256,224,224,1),(100,30,7,64,1),(3,1000,64,64,1),(2,2,224,224,3)]:
                i=np.arange(w*h*c,dtype=np.int64); a=((i*i*7+i*31)>>3).astype(np.uint8).reshape((h,w,3) if c==3 else (h,w))
                b=np.asarray(Image.fromarray(a).resize((tw,th),Image.BILINEAR)).tobytes()
                print(w,h,tw,th,c,hashlib.sha256(b).hexdigest())
            """;
        foreach (
            string line in Reference.RunPython("numpy, PIL", Script).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            string[] fields = line.Split(' ');
            int[] n = [.. fields[..5].Select(f => int.Parse(f, CultureInfo.InvariantCulture))];
            Assert.Equal(
                line,
                $"{string.Join(' ', n)} {Convert.ToHexStringLower(SHA256.HashData(Resized(n[0], n[1], n[2], n[3], n[4])))}"
            );
        }
    }

    [Fact]
    public void A_flat_picture_stays_flat_and_a_single_bright_row_keeps_its_light()
    {
        var flat = new byte[90 * 50];
        Array.Fill(flat, (byte)255);
        var resized = new byte[64 * 64];
        new FrameResize(90, 50, 64, 64, 1).Resize(flat, resized);
        Assert.All(resized, v => Assert.Equal(255, v));
    }

    [Fact]
    public void Maps_of_numbers_are_resized_with_the_same_weights()
    {
        byte[] picture = Picture(100 * 80);
        var levels = new byte[20 * 16];
        var numbers = new float[20 * 16];
        new FrameResize(100, 80, 20, 16, 1).Resize(picture, levels);
        MapResize.Resize([.. picture.Select(v => (float)v)], 80, 100, numbers, 16, 20);
        // Two roundings to whole levels, each at most a half, lie between them.
        for (int i = 0; i < levels.Length; i++)
            Assert.InRange(numbers[i] - levels[i], -1.0f, 1.0f);
    }
}
