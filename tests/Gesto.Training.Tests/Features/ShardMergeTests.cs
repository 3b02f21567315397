using Gesto.Training.Datasets;
using Gesto.Training.Features;

namespace Gesto.Training.Tests.Features;

public sealed class ShardMergeTests(SixSamples six) : IClassFixture<SixSamples>, IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private ExtractionResult Extract(
        string features,
        string? shard,
        ExtractionPolicy policy = ExtractionPolicy.Fail,
        string? root = null,
        int bins = 64
    )
    {
        using var encoder = new MeanColour();
        var options = new ExtractionOptions
        {
            Shard = shard is null ? null : Shard.Parse(shard),
            Policy = policy,
            Radar = new Gesto.Radar.RadarFormat { Size = (bins, bins) },
        };
        return Extraction.Run(Dataset.Open(root ?? six.Root), folder[features], encoder, options, null, default);
    }

    private static MergeResult Merge(string features, params string[] shards) =>
        ShardMerge.Run(features, shards, null, default);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)] // more shards than samples: one is empty
    public void Merged_shards_have_the_bytes_of_an_extraction_in_one_piece(int count)
    {
        Extract("whole", null);
        for (int i = count; i >= 1; i--)
            Extract("parts", $"{i}/{count}");
        Assert.Equal(new MergeResult(6, 0, count), Merge(folder["parts"]));
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["parts"]));
        Assert.Equal(6, FeatureSet.Open(folder["parts"]).Samples.Count);
        Assert.Equal(new MergeResult(6, 0, 0), Merge(folder["parts"])); // and again: nothing left to do
    }

    [Fact]
    public void A_shard_run_again_does_nothing_twice_before_and_after_the_merge()
    {
        Assert.Equal((3, 0), Counts(Extract("parts", "1/2")));
        Assert.Equal((0, 3), Counts(Extract("parts", "1/2")));
        Extract("parts", "2/2");
        Merge(folder["parts"]);
        Assert.Equal((0, 3), Counts(Extract("parts", "2/2")));
        static (int, int) Counts(ExtractionResult result) => (result.Extracted, result.AlreadyDone);
    }

    [Fact]
    public void A_missing_shard_is_named_by_its_first_sample_and_nothing_is_moved()
    {
        Extract("parts", "1/2");
        string message = Assert.Throws<InvalidDataException>(() => Merge(folder["parts"])).Message;
        Assert.Contains(
            "3 of 6 samples are in no shard, the first is 'train/2_DOLORE/SAMPLE_2'",
            message,
            StringComparison.Ordinal
        );
        Extract("parts", "2/2");
        Assert.Equal(6, Merge(folder["parts"]).Samples);
    }

    [Fact]
    public void A_sample_in_two_shards_is_refused()
    {
        foreach (string shard in (string[])["1/2", "2/2", "1/3"])
            Extract("parts", shard);
        Assert.Contains(
            "'train/2_DOLORE/SAMPLE_1' is in ",
            Assert.Throws<InvalidDataException>(() => Merge(folder["parts"])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Shards_made_differently_are_refused()
    {
        Extract("parts", "1/2");
        Extract("parts", "2/2", bins: 32);
        Assert.Contains(
            "made differently",
            Assert.Throws<InvalidDataException>(() => Merge(folder["parts"])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Shards_from_elsewhere_are_copied_and_an_array_cut_on_the_way_is_found()
    {
        Extract("whole", null);
        Extract("a", "1/2");
        Extract("b", "2/2");
        string first = new Shard(1, 2).PathIn(folder["a"]),
            second = new Shard(2, 2).PathIn(folder["b"]);
        string array = Path.Combine(second, "rgb", "train/2_DOLORE/SAMPLE_2.npy");
        byte[] bytes = File.ReadAllBytes(array);
        File.WriteAllBytes(array, bytes[..^8]);
        Assert.Contains(
            "not a shard of features",
            Assert.Throws<InvalidDataException>(() => Merge(folder["all"], first, folder["none"])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "SAMPLE_2.npy: found <f4 (30,3)",
            Assert.Throws<InvalidDataException>(() => Merge(folder["all"], first, second)).Message,
            StringComparison.Ordinal
        );
        File.WriteAllBytes(array, bytes);
        Assert.Equal(new MergeResult(6, 0, 2), Merge(folder["all"], first, second));
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["all"]));
        Assert.True(File.Exists(array));
    }

    [Fact]
    public void A_merge_that_was_killed_goes_on()
    {
        Extract("whole", null);
        Extract("parts", "1/2");
        Extract("parts", "2/2");
        // What a kill leaves: one array moved whose line in the journal never came, and nothing else.
        string shard = new Shard(1, 2).PathIn(folder["parts"]),
            array = "rgb/train/2_DOLORE/SAMPLE_1.npy";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder["parts"], array))!);
        File.Move(Path.Combine(shard, array), Path.Combine(folder["parts"], array));
        Assert.Equal(6, Merge(folder["parts"]).Samples);
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["parts"]));
    }

    [Fact]
    public void Skipped_samples_count_as_there_and_keep_their_reasons()
    {
        string root = folder["data"];
        foreach (string file in Directory.GetFiles(six.Root, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(root, Path.GetRelativePath(six.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        foreach (string sample in (string[])["val/SAMPLE_5", "train/10_NO/SAMPLE_3"])
            File.Delete(Path.Combine(root, SmallDataset.Radar(sample, 2)));
        Extract("whole", null, ExtractionPolicy.Skip, root);
        for (int i = 1; i <= 3; i++)
            Extract("parts", $"{i}/3", ExtractionPolicy.Skip, root);
        Assert.Equal(new MergeResult(4, 2, 3), Merge(folder["parts"]));
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["parts"]));
    }

    [Theory]
    [InlineData("0/4")]
    [InlineData("5/4")]
    [InlineData("1of4")]
    public void A_shard_that_is_none_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => Shard.Parse(text));
}
