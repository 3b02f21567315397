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
        (Sample, int?, bool)[] asked =
        [
            .. dataset.Samples.Take(3).Select((s, i) => (s, i == 1 ? null : (int?)32, i != 2)),
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
        foreach ((int i, (Sample sample, int? size, bool radar)) in asked.Index())
        {
            (Clip? rgb, RadarClip? maps) = reader.Read(sample, size, radar, 3, CancellationToken.None);
            Assert.Equal(rgb?.Frames, together[i].Rgb?.Frames);
            Assert.Equal(maps?.Bytes, together[i].Radar?.Bytes);
            Assert.Equal((size is null, !radar), (together[i].Rgb is null, together[i].Radar is null));
        }

        string cut = dataset.PathOf(dataset.Samples[1].Radar[2]!);
        byte[] bytes = File.ReadAllBytes(cut);
        bytes.AsSpan(bytes.Length / 2, 200).Clear();
        File.WriteAllBytes(cut, bytes);
        Assert.False(reader.TryReadTogether(asked, 3, (_, _, _) => { }, CancellationToken.None));
    }
}
