using System.Diagnostics;
using System.Net.Sockets;
using Gesto.Files;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Tests.Features;
using Gesto.Video;

namespace Gesto.Training.Tests.Checking;

/// <summary>Pipes, devices, sockets and links among the recordings. Without care a pipe is waited for, for ever, and a
/// device read.</summary>
public sealed class IrregularFileTests : IDisposable
{
    private readonly Folder folder = new();

    public IrregularFileTests() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems do not tell without opening.");

    public void Dispose() => folder.Dispose();

    private string Place(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        return folder[name];
    }

    private string Pipe(string name)
    {
        using var process = Process.Start("mkfifo", Place(name));
        process.WaitForExit();
        return folder[name];
    }

    private IReadOnlyList<Problem> Examine(CancellationToken cancel = default) =>
        DatasetDoctor.Examine(Dataset.Open(folder["data"]), new DoctorOptions { FewestTrainSamples = 1 }, null, cancel);

    [Fact]
    public void Each_kind_of_file_that_is_none_is_named_and_never_opened()
    {
        string pipe = Pipe("pipe.mkv"),
            socket = folder["socket.mkv"];
        File.CreateSymbolicLink(folder["device.mkv"], "/dev/zero");
        File.CreateSymbolicLink(folder["link.npy"], pipe);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        foreach (
            (string path, string kind) in new[]
            {
                (pipe, "a pipe"),
                (folder["device.mkv"], "a device"),
                (folder["link.npy"], "a pipe"),
                (socket, "a socket"),
                (folder.Path, "a folder"),
            }
        )
        {
            Assert.Contains(
                $"{path}: not a regular file but {kind}",
                Assert.Throws<InvalidDataException>(() => RecordingFile.Open(path)).Message,
                StringComparison.Ordinal
            );
            Assert.Null(RecordingFile.LengthOf(path));
            Assert.Throws<InvalidDataException>(() => VideoFile.Probe(path, VideoLimits.Default, default));
            Assert.Throws<InvalidDataException>(() => NpyFile.Load(path));
        }
        Assert.Throws<FileNotFoundException>(() => RecordingFile.Open(folder["none.mkv"]));
        Assert.Null(RecordingFile.LengthOf(folder["none.mkv"]));
        File.CreateSymbolicLink(folder["text.mkv"], folder.Write("text", "twelve bytes"));
        Assert.Equal(12, RecordingFile.LengthOf(folder["text.mkv"]));
        using FileStream text = RecordingFile.Open(folder["text.mkv"]);
        Assert.Equal((byte)'t', text.ReadByte());
    }

    [Fact]
    public void Check_names_a_pipe_and_a_device_and_goes_on()
    {
        Pipe("data/test/SAMPLE_1/SAMPLE_1_RGB.mkv");
        File.CreateSymbolicLink(Place("data/test/SAMPLE_2/SAMPLE_2_RGB.mkv"), "/dev/zero");
        Pipe("data/test/SAMPLE_3/SAMPLE_3_RDM1.npy");
        Assert.Equal(
            [("test/SAMPLE_1", "undecodable"), ("test/SAMPLE_2", "undecodable"), ("test/SAMPLE_3", "undecodable")],
            Examine()
                .Where(p => p.Message.Contains("not a regular file", StringComparison.Ordinal))
                .Select(p => (p.Sample, p.Kind))
        );
    }

    [Fact]
    public void Extraction_skips_a_pipe_and_a_device_where_it_may_and_says_why()
    {
        Reference.Video(folder["data/test/SAMPLE_1/SAMPLE_1_RGB.mkv"], 32, 32, 4);
        Pipe("data/test/SAMPLE_2/SAMPLE_2_RGB.mkv");
        File.CreateSymbolicLink(Place("data/test/SAMPLE_3/SAMPLE_3_RGB.mkv"), "/dev/zero");
        using var encoder = new MeanColour();
        ExtractionResult result = Extraction.Run(
            Dataset.Open(folder["data"]),
            folder["features"],
            encoder,
            new ExtractionOptions { Policy = ExtractionPolicy.Skip },
            null,
            default
        );
        Assert.Equal(1, result.Extracted);
        Assert.Equal(["test/SAMPLE_2", "test/SAMPLE_3"], result.Skipped.Select(s => s.Sample));
        Assert.All(result.Skipped, s => Assert.Contains("not a regular file", s.Message, StringComparison.Ordinal));
    }

    /// <summary>A link is as long as what it points to: by its own length, that of a path, it was compared with links
    /// only.</summary>
    [Fact]
    public void A_link_to_another_samples_file_is_its_duplicate()
    {
        Reference.Video(folder["data/test/SAMPLE_1/SAMPLE_1_RGB.mkv"], 64, 48, 20);
        File.CreateSymbolicLink(
            Place("data/test/SAMPLE_2/SAMPLE_2_RGB.mkv"),
            folder["data/test/SAMPLE_1/SAMPLE_1_RGB.mkv"]
        );
        File.Copy(folder["data/test/SAMPLE_1/SAMPLE_1_RGB.mkv"], folder["copy"]);
        File.CreateSymbolicLink(Place("data/test/SAMPLE_3/SAMPLE_3_RGB.mkv"), folder["copy"]);
        Assert.Equal(
            [("test/SAMPLE_2", "duplicate"), ("test/SAMPLE_3", "duplicate")],
            Examine().Select(p => (p.Sample, p.Kind))
        );
    }

    /// <summary>Files of 16 GiB that take no room. Hashing both takes far longer than the time allowed.</summary>
    [Fact]
    public void Cancelling_is_noticed_while_large_files_are_compared()
    {
        for (int i = 1; i <= 2; i++)
        {
            using FileStream stream = File.Create(Place($"data/test/SAMPLE_{i}/SAMPLE_{i}_RGB.mkv"));
            stream.SetLength(16L << 30);
        }
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var clock = Stopwatch.StartNew();
        Assert.ThrowsAny<OperationCanceledException>(() => Examine(cancel.Token));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 8);
    }
}
