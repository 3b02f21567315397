using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Video;

namespace Gesto.Training.Tests.Features;

public sealed class SampleReaderTests
{
    [Fact]
    public void Samples_read_together_are_those_read_alone_and_a_cut_file_sends_all_of_them_to_a_closer_look()
    {
        using var temporary = new Folder();
        Dataset dataset = SmallDataset.Write(temporary["data"]);
        var reader = new SampleReader(dataset.Root, RadarFormat.Default);
        var seen = new List<int>[4];
        SampleReader.Asked[] asked =
        [
            .. dataset
                .Samples.Take(4)
                .Select(
                    (s, i) =>
                    {
                        seen[i] = [];
                        return new SampleReader.Asked(s, i is 1 or 3 ? null : 32, i is 0 or 1, i > 1 ? Watch(i) : null);
                    }
                ),
        ];
        var together = new List<(Clip? Rgb, RadarClip? Radar)>();
        Assert.True(
            reader.TryReadTogether(
                asked,
                3,
                (i, rgb, radar) =>
                {
                    Assert.Equal(together.Count, i); // in their order
                    together.Add((rgb, radar));
                },
                CancellationToken.None
            )
        );
        List<int>[] seenTogether = [.. seen.Select(s => s.ToList())];
        foreach ((int i, SampleReader.Asked one) in asked.Index())
        {
            (Clip? rgb, RadarClip? maps) = reader.Read(one, 3, CancellationToken.None);
            Assert.Equal(rgb?.Frames, together[i].Rgb?.Frames);
            Assert.Equal(maps?.Bytes, together[i].Radar?.Bytes);
            Assert.Equal((one.RgbSize is null, !one.RadarToo), (together[i].Rgb is null, together[i].Radar is null));
            Assert.Equal(seenTogether[i], seen[i]);
        }
        // who watches sees the frames at their own size, whether they are asked for or not, each once and in order
        Assert.Empty(seen[0]);
        Clip whole = ClipFile.Read(
            VideoFile.Probe(dataset.PathOf(asked[3].Sample.Rgb!), VideoLimits.Default, CancellationToken.None),
            new ClipFormat(Colour: true, 64, 48),
            VideoLimits.Default,
            CancellationToken.None
        );
        Assert.Equal(whole.Frames.Chunk(64 * 48 * 3).Select(f => SumOf(f)), seen[3]);

        string cut = dataset.PathOf(dataset.Samples[1].Radar[2]!);
        byte[] bytes = File.ReadAllBytes(cut);
        bytes.AsSpan(bytes.Length / 2, 200).Clear();
        File.WriteAllBytes(cut, bytes);
        Assert.False(reader.TryReadTogether(asked, 3, (_, _, _) => { }, CancellationToken.None));

        FrameWatch Watch(int i) =>
            (place, times, width, height, pixels) =>
            {
                if (place == 0)
                    seen[i].Clear();
                Assert.Equal((seen[i].Count, 1), (place, times));
                Assert.Equal(width * height * 3, pixels.Length);
                seen[i].Add(SumOf(pixels));
            };
    }

    private static int SumOf(ReadOnlySpan<byte> pixels)
    {
        int sum = 0;
        foreach (byte pixel in pixels)
            sum = sum * 31 + pixel;
        return sum;
    }
}
