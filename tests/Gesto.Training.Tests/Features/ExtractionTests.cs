using System.Diagnostics;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Video;

namespace Gesto.Training.Tests.Features;

/// <summary>Six samples in the challenge's layout, decoded once for all tests of this class.</summary>
public sealed class SixSamples : IDisposable
{
    private readonly Folder folder = new();

    public SixSamples() => SmallDataset.Write(folder.Path);

    public string Root => folder.Path;

    public void Dispose() => folder.Dispose();
}

/// <summary>Mean red, green, blue of each frame: what the features must be is plain to see.</summary>
internal sealed class MeanColour : IRgbEncoder
{
    public List<int> Counts { get; } = [];

    public int FailAt { get; init; } = int.MaxValue;

    public string Name => "mean-colour";

    public string WeightsHash { get; init; } = "";

    public string Preprocessing => "none";

    public int Width => 3;

    public int InputSize => 32;

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        if (Counts.Count == FailAt)
            throw new InvalidOperationException("pulled the plug");
        Assert.Equal((count * 32 * 32 * 3, count * 3), (frames.Length, features.Length));
        Counts.Add(count);
        for (int i = 0; i < frames.Length; i++)
            features[i / (32 * 32 * 3) * 3 + i % 3] += frames[i] / 1024f;
    }

    public void Dispose() { }
}

public sealed class ExtractionTests(SixSamples six) : IClassFixture<SixSamples>, IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static ExtractionResult Run(
        string root,
        string folder,
        MeanColour encoder,
        ExtractionOptions? options = null
    ) => Extraction.Run(Dataset.Open(root), folder, encoder, options ?? new ExtractionOptions(), null, default);

    /// <summary>A copy of the six samples that a test may spoil.</summary>
    private string Copy()
    {
        foreach (string file in Directory.GetFiles(six.Root, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(folder["data"], Path.GetRelativePath(six.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return folder["data"];
    }

    [Fact]
    public void A_feature_set_holds_every_sample_with_its_true_lengths()
    {
        using var encoder = new MeanColour();
        ExtractionResult result = Run(six.Root, folder["features"], encoder);
        Assert.Equal((6, 0, 0), (result.Extracted, result.AlreadyDone, result.Skipped.Count));
        FeatureSet set = FeatureSet.Open(folder["features"]);
        // RGB has 24, 32, … 64 frames, radar half as many; 30 at most are kept.
        Assert.Equal([24, 30, 30, 30, 30, 30], set.Samples.Select(s => set.Rgb!.LengthOf(s.Key)));
        Assert.Equal([12, 16, 20, 24, 28, 30], set.Samples.Select(s => set.Radar!.LengthOf(s.Key)));
        Assert.Equal([24, 30, 30, 30, 30, 30], encoder.Counts.Order()); // padding is never encoded
        Assert.Equal([(2, "DOLORE"), (10, "NO")], set.Labels.Classes.Select(c => (c.Id, c.Name)));
        Assert.Equal([30, 3, 64, 64], set.Radar!.Key.Shape);
        float[] first = set.Rgb!.Load("train/2_DOLORE/SAMPLE_1").ToSingles();
        Assert.All(first[..72], v => Assert.InRange(v, 1f, 254f));
        Assert.All(first[72..], v => Assert.Equal(0, v));
        byte[] radar = set.Radar!.Load("train/2_DOLORE/SAMPLE_1").Bytes;
        Assert.Contains(radar[..(12 * 3 * 4096)], v => v != 0);
        Assert.All(radar[(12 * 3 * 4096)..], v => Assert.Equal(0, v));
    }

    [Fact]
    public void The_antennas_keep_their_order()
    {
        using var encoder = new MeanColour();
        Run(six.Root, folder["features"], encoder);
        byte[] stored = FeatureSet.Open(folder["features"]).Radar!.Load("test/SAMPLE_6").Bytes;
        for (int antenna = 0; antenna < 3; antenna++)
        {
            VideoInfo info = VideoFile.Probe(
                Path.Combine(six.Root, SmallDataset.Radar("test/SAMPLE_6", antenna + 1)),
                VideoLimits.Default,
                default
            );
            byte[] own = ClipFile.Read(info, new ClipFormat(false, 64, 64), VideoLimits.Default, default).Frames;
            for (int t = 0; t < 30; t += 29)
                Assert.True(
                    own.AsSpan(t * 4096, 4096).SequenceEqual(stored.AsSpan((t * 3 + antenna) * 4096, 4096)),
                    $"frame {t}, antenna {antenna + 1}"
                );
        }
    }

    /// <summary>Six decoders have a sample each, and nothing is done twice; one has three, then two: what it has not
    /// yet judged is lost.</summary>
    [Theory]
    [InlineData(6, 0)]
    [InlineData(1, 2)]
    public void An_interrupted_extraction_goes_on_and_ends_in_the_same_bytes(int decoders, int lostAtATime)
    {
        var options = new ExtractionOptions { DecodeThreads = decoders };
        using var whole = new MeanColour();
        Run(six.Root, folder["whole"], whole);
        int encoded = 0,
            failures = 0;
        for (int failAt = 1; encoded + failAt < 6; failAt++, failures++)
        {
            using var torn = new MeanColour { FailAt = failAt };
            Assert.Throws<InvalidOperationException>(() => Run(six.Root, folder["torn"], torn, options));
            encoded += torn.Counts.Count;
            Assert.Contains(
                "it goes on where it stopped",
                Assert.Throws<InvalidDataException>(() => FeatureSet.Open(folder["torn"])).Message,
                StringComparison.OrdinalIgnoreCase
            );
        }
        using var last = new MeanColour();
        ExtractionResult result = Run(six.Root, folder["torn"], last, options);
        Assert.Equal(6, result.AlreadyDone + result.Extracted);
        Assert.Equal(result.Extracted, last.Counts.Count);
        Assert.InRange(encoded - result.AlreadyDone, 0, lostAtATime * failures);
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["torn"]));
        using var idle = new MeanColour();
        Assert.Equal(0, Run(six.Root, folder["torn"], idle).Extracted);
        Assert.Empty(idle.Counts);
    }

    [Fact]
    public void A_missing_antenna_fails_by_name_or_is_skipped_and_picked_up_once_it_is_there()
    {
        string root = Copy(),
            file = Path.Combine(root, SmallDataset.Radar("train/10_NO/SAMPLE_3", 2));
        byte[] bytes = File.ReadAllBytes(file);
        File.Delete(file);
        using var encoder = new MeanColour();
        var error = Assert.Throws<InvalidDataException>(() => Run(root, folder["features"], encoder));
        string message = error.Message;
        Assert.Contains("'train/10_NO/SAMPLE_3' cannot be used", message, StringComparison.Ordinal);
        Assert.Contains("2 radar antenna(s), expected 3; missing: RDM2", message, StringComparison.Ordinal);
        Assert.Equal(NextStep.ExtractReadable, Suggestion.Of(error)[0].Step);

        var skip = new ExtractionOptions { Policy = ExtractionPolicy.Skip };
        ExtractionResult result = Run(root, folder["features"], encoder, skip);
        Assert.Equal("train/10_NO/SAMPLE_3", Assert.Single(result.Skipped).Sample);
        FeatureSet set = FeatureSet.Open(folder["features"]);
        Assert.Equal(5, set.Samples.Count);
        Assert.Contains("missing: RDM2", Assert.Single(set.Skipped).Message, StringComparison.Ordinal);
        Assert.False(set.Rgb!.Contains("train/10_NO/SAMPLE_3"), "a half-good sample stores nothing");

        File.WriteAllBytes(file, bytes);
        Assert.Equal(1, Run(root, folder["features"], encoder).Extracted);
        Assert.False(File.Exists(Path.Combine(folder["features"], FeatureSet.SkippedFile)));
        Run(six.Root, folder["whole"], encoder);
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["features"]));
    }

    [Fact]
    public void A_bad_file_of_each_kind_is_skipped_with_its_reason()
    {
        string root = Copy();
        string cut = Path.Combine(root, SmallDataset.Rgb("train/10_NO/SAMPLE_4"));
        byte[] bytes = File.ReadAllBytes(cut);
        File.WriteAllBytes(cut, bytes[..(bytes.Length / 2)]);
        File.WriteAllText(Path.Combine(root, SmallDataset.Radar("val/SAMPLE_5", 1)), "");
        File.WriteAllText(Path.Combine(root, SmallDataset.Rgb("train/2_DOLORE/SAMPLE_1")), "not a video");
        using var encoder = new MeanColour();
        IReadOnlyList<SkippedSample> skipped = Run(
            root,
            folder["features"],
            encoder,
            new ExtractionOptions { Policy = ExtractionPolicy.Skip }
        ).Skipped;
        Assert.Equal(
            ["train/2_DOLORE/SAMPLE_1", "train/10_NO/SAMPLE_4", "val/SAMPLE_5"],
            skipped.Select(s => s.Sample)
        );
        Assert.Contains("not a video", skipped[0].Message, StringComparison.Ordinal);
        Assert.Contains("SAMPLE_4_RGB.mkv: the header announces", skipped[1].Message, StringComparison.Ordinal);
        Assert.Contains("SAMPLE_5_RDM1.mp4: the file is empty", skipped[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_recordings_or_other_settings_are_never_mixed_in()
    {
        using var encoder = new MeanColour();
        string root = Copy();
        Run(root, folder["features"], encoder);
        Assert.Contains(
            "made differently (Preprocessing",
            Assert
                .Throws<InvalidDataException>(() =>
                    Run(
                        root,
                        folder["features"],
                        encoder,
                        new ExtractionOptions
                        {
                            Radar = new RadarFormat { Size = (64, 64), Rows = new BinRange(0, 8) },
                        }
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
        using var other = new MeanColour { WeightsHash = "other" };
        Assert.Contains(
            "Weights",
            Assert.Throws<InvalidDataException>(() => Run(root, folder["features"], other)).Message,
            StringComparison.Ordinal
        );
        SmallDataset.WriteSample(root, "test/SAMPLE_6", number: 99, frames: 50);
        Assert.Contains(
            "'test/SAMPLE_6' was extracted from another recording",
            Assert.Throws<InvalidDataException>(() => Run(root, folder["features"], encoder)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Numpy_radar_keeps_its_own_size_unit_and_frames()
    {
        float[] values = [.. Enumerable.Range(0, 60 * 4 * 5).Select(i => i / 20 - 80.5f)];
        NpyFile.Save(folder["npy/train/0_A/SAMPLE_1/SAMPLE_1_RDM1.npy"], NpyArray.From(values, 60, 4, 5));
        NpyFile.Save(
            folder["npy/train/1_B/SAMPLE_2/SAMPLE_2_RDM1.npy"],
            NpyArray.From(values.AsSpan(0, 200), 10, 4, 5)
        );
        Extraction.Run(Dataset.Open(folder["npy"]), folder["features"], null, new ExtractionOptions(), null, default);
        FeatureSet set = FeatureSet.Open(folder["features"]);
        Assert.Null(set.Rgb);
        Assert.Equal(("<f4", "own size"), (set.Radar!.Key.DType, set.Radar.Key.Preprocessing));
        Assert.Equal([30, 1, 4, 5], set.Radar.Key.Shape);
        float[] stored = set.Radar.Load("train/0_A/SAMPLE_1").ToSingles();
        Assert.Equal(
            FrameSampling.Default.Indices(60).Select(i => i - 80.5f),
            Enumerable.Range(0, 30).Select(t => stored[t * 20])
        );
        Assert.Equal(10, set.Radar.LengthOf("train/1_B/SAMPLE_2"));
    }

    [Fact]
    public void The_source_encoder_gets_three_antennas_at_224_and_its_features_are_padded()
    {
        var source = new RadarSourceEncoder("source", "hash", 2, (frames, count, antennas, features) =>
        {
            Assert.Equal((count * antennas * 224 * 224, count * antennas * 2), (frames.Length, features.Length));
            features.Fill(1);
        });
        using var encoder = new MeanColour();
        Run(six.Root, folder["features"], encoder, new ExtractionOptions { Source = source });
        FeatureStore store = FeatureSet.Open(folder["features"]).Radar!;
        Assert.Equal([30, 6], store.Key.Shape);
        Assert.Equal(12 * 6, store.Load("train/2_DOLORE/SAMPLE_1").ToSingles().Sum());
    }

    [Fact]
    public void A_full_disk_stops_with_a_clear_message_and_the_next_run_goes_on()
    {
        Directory.CreateDirectory(folder["disk"]);
        if (!OperatingSystem.IsLinux() || Shell("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder["disk"]) != 0)
            Assert.Skip("Mounting a small tmpfs needs root on Linux.");
        try
        {
            using var encoder = new MeanColour();
            var error = Assert.Throws<IOException>(() =>
                Run(six.Root, Path.Combine(folder["disk"], "features"), encoder)
            );
            Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
            Assert.Equal(0, Shell("mount", "-o", "remount,size=64m", folder["disk"]));
            Run(six.Root, Path.Combine(folder["disk"], "features"), encoder);
            Run(six.Root, folder["whole"], encoder);
            Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(Path.Combine(folder["disk"], "features")));
        }
        finally
        {
            Shell("umount", folder["disk"]);
        }
    }

    [Fact]
    public void Where_a_decoder_finds_a_fault_nothing_that_it_read_is_stored_and_each_sample_is_read_alone()
    {
        using MeanColour whole = new(),
            faulty = new();
        Run(six.Root, folder["whole"], whole);
        string root = Copy(),
            cut = Path.Combine(root, SmallDataset.Radar("train/10_NO/SAMPLE_3", 3));
        byte[] bytes = File.ReadAllBytes(cut);
        bytes.AsSpan(bytes.Length / 2, 200).Clear();
        File.WriteAllBytes(cut, bytes);
        // One decoder at a time takes three samples, two, one.
        ExtractionResult result = Run(
            root,
            folder["faulty"],
            faulty,
            new ExtractionOptions { DecodeThreads = 1, Policy = ExtractionPolicy.Skip }
        );
        Assert.Equal(["train/10_NO/SAMPLE_3"], result.Skipped.Select(s => s.Sample));
        // SAMPLE_1 was encoded, thrown away, and encoded again
        Assert.Equal((5, 6), (result.Extracted, faulty.Counts.Count));
        FeatureSet expected = FeatureSet.Open(folder["whole"]),
            found = FeatureSet.Open(folder["faulty"]);
        Assert.False(found.Rgb!.Contains("train/10_NO/SAMPLE_3"));
        foreach (Sample sample in found.Samples.Where(s => found.Rgb.Contains(s.Key)))
        {
            Assert.Equal(expected.Rgb!.Load(sample.Key).Bytes, found.Rgb.Load(sample.Key).Bytes);
            Assert.Equal(expected.Radar!.Load(sample.Key).Bytes, found.Radar!.Load(sample.Key).Bytes);
        }
    }

    [Fact]
    public void Float16_features_are_the_float32_ones_rounded_and_are_not_mixed_with_them()
    {
        Run(six.Root, folder["whole"], new MeanColour());
        Run(six.Root, folder["half"], new MeanColour(), new ExtractionOptions { Float16 = true });
        FeatureStore whole = FeatureSet.Open(folder["whole"]).Rgb!,
            half = FeatureSet.Open(folder["half"]).Rgb!;
        NpyArray stored = half.Load("test/SAMPLE_6");
        Assert.Equal("<f2", stored.DType);
        Assert.Equal(whole.Load("test/SAMPLE_6").ToSingles().Select(v => (float)(Half)v), stored.ToSingles());
        Assert.Throws<InvalidDataException>(() =>
            Run(six.Root, folder["whole"], new MeanColour(), new ExtractionOptions { Float16 = true })
        );
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(6, 2)]
    [InlineData(100, 1)]
    [InlineData(1000, 3)]
    public void Groups_for_a_decoder_are_small_at_the_end_and_hold_every_sample_once(int samples, int decoders)
    {
        int[] sizes = [.. Extraction.GroupSizes(samples, decoders)];
        Assert.Equal(samples, sizes.Sum());
        if (samples == 0)
            return;
        Assert.All(sizes.TakeLast(decoders), size => Assert.Equal(1, size));
        Assert.Equal(sizes.OrderDescending(), sizes);
        Assert.Equal(samples >= 100 ? 8 : (samples + 3) / 4, sizes[0]);
    }

    private static int Shell(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true }
            )!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 127;
        }
    }
}
