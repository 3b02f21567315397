using System.Globalization;
using System.Security.Cryptography;
using Gesto.Video;

namespace Gesto.Tests.Video;

public class FrameFitTests
{
    private static byte[] Picture(int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)((long)i * i * 7 + i * 31L >> 3))];

    [Fact]
    public void Padded_and_cropped_frames_are_those_of_Pillow()
    {
        // Pillow's own ImageOps.pad and .fit resize a box with fractions; a whole box and a whole size are what is
        // meant here.
        const string Script = """
            import numpy as np, hashlib
            from PIL import Image
            def scale(n, by, of): return max(1, (2 * n * by + of) // (2 * of))
            for w, h, s, c in [(320,240,224,3),(240,320,224,3),(1280,720,224,3),(721,1281,224,3),(224,224,224,3),(37,53,64,3),(500,3,64,3),(100,60,64,1)]:
                i = np.arange(w*h*c, dtype=np.int64); a = ((i*i*7+i*31)>>3).astype(np.uint8).reshape((h,w,3) if c == 3 else (h,w))
                image = Image.fromarray(a)
                squash = image.resize((s, s), Image.BILINEAR)
                tw, th = (s, scale(h, s, w)) if w > h else (scale(w, s, h), s)
                pad = Image.new(image.mode, (s, s), (124, 116, 104) if c == 3 else 117)
                pad.paste(image.resize((tw, th), Image.BILINEAR), ((s - tw) // 2, (s - th) // 2))
                m = min(w, h); left, top = (w - m) // 2, (h - m) // 2
                crop = image.crop((left, top, left + m, top + m)).resize((s, s), Image.BILINEAR)
                print(w, h, s, c, *[hashlib.sha256(np.asarray(x).tobytes()).hexdigest() for x in (squash, pad, crop)])
            """;
        string[] lines = Reference.RunPython("numpy, PIL", Script).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(8, lines.Length);
        foreach (string line in lines)
        {
            int[] n = [.. line.Split(' ')[..4].Select(f => int.Parse(f, CultureInfo.InvariantCulture))];
            string[] hashes = [.. Enum.GetValues<FrameFit>().Select(fit => Hash(n[0], n[1], n[2], n[3] == 3, fit))];
            Assert.Equal(line, $"{string.Join(' ', n)} {string.Join(' ', hashes)}");
        }

        static string Hash(int width, int height, int side, bool colour, FrameFit fit)
        {
            var format = new ClipFormat(colour, side, side) { Fit = fit };
            var to = new byte[format.BytesPerFrame];
            new FrameCut(format).Resize(width, height, Picture(width * height * (colour ? 3 : 1)), to);
            return Convert.ToHexStringLower(SHA256.HashData(to));
        }
    }

    /// <summary>A circle in a wide picture: squashed it is half as broad as high, padded and cropped it stays
    /// round.</summary>
    [Theory]
    [InlineData(FrameFit.Squash, 40, 80)]
    [InlineData(FrameFit.Pad, 40, 40)]
    [InlineData(FrameFit.Crop, 80, 80)]
    public void A_circle_stays_round_unless_it_is_squashed(FrameFit fit, int width, int height)
    {
        var picture = new byte[200 * 100];
        for (int i = 0; i < picture.Length; i++)
            picture[i] = (byte)(Math.Pow(i % 200 - 99.5, 2) + Math.Pow(i / 200 - 49.5, 2) < 1600 ? 255 : 0);
        var to = new byte[100 * 100];
        new FrameCut(new ClipFormat(false, 100, 100) { Fit = fit }).Resize(200, 100, picture, to);
        int[] lit = [.. to.Index().Where(p => p.Item > 200).Select(p => p.Index)];
        Assert.InRange(lit.Max(i => i % 100) - lit.Min(i => i % 100) + 1, width - 2, width + 2);
        Assert.InRange(lit.Max(i => i / 100) - lit.Min(i => i / 100) + 1, height - 2, height + 2);
    }

    [Fact]
    public void Feature_keys_of_earlier_versions_keep_their_words_and_others_are_read_back()
    {
        const string Words = "BGR minus ImageNet mean";
        Assert.Equal(Words, FrameFits.InKey(Words, FrameFit.Squash));
        Assert.Equal(Words + "; fit pad", FrameFits.InKey(Words, FrameFit.Pad));
        foreach (FrameFit fit in Enum.GetValues<FrameFit>())
            Assert.Equal((Words, fit), FrameFits.Parse(FrameFits.InKey(Words, fit)));
        Assert.Contains(
            "the fit 'stretch' is not known",
            Assert.Throws<InvalidDataException>(() => FrameFits.Parse(Words + "; fit stretch")).Message,
            StringComparison.Ordinal
        );
    }
}
