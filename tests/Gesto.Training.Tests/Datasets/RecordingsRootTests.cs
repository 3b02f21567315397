using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Datasets;

public sealed class RecordingsRootTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private Sample Only(string rgb, string? root = null)
    {
        folder.Write("set/manifest.csv", $"sample,split,rgb\na,train,\"{rgb}\"\n");
        return Assert.Single(Dataset.Open(folder["set"], root).Samples);
    }

    [Fact]
    public void Paths_are_relative_to_the_root_that_is_named_and_keys_and_labels_stay_with_the_manifest()
    {
        folder.Write("set/manifest.csv", "sample,split,rgb\na,test,x/a.mp4\n");
        folder.Write("set/key.csv", "sample,label\na,4\n");
        Directory.CreateDirectory(folder["store"]);
        Dataset dataset = Dataset.Open(folder["set"], folder["store"]);
        Assert.Equal(
            (folder["set"], folder["store"], folder["store/x/a.mp4"]),
            (dataset.Root, dataset.RecordingsRoot, dataset.PathOf(dataset.Samples[0].Rgb!))
        );
        Assert.Equal(4, dataset.LabelKey!["a"]);
        Assert.Equal(folder["set/x/a.mp4"], Dataset.Open(folder["set"]).PathOf("x/a.mp4"));
    }

    [Fact]
    public void An_absolute_path_inside_the_root_becomes_a_relative_one()
    {
        Directory.CreateDirectory(folder["store/x"]);
        Assert.Equal("x/a.mp4", Only(folder["set/x/a.mp4"]).Rgb);
        Assert.Equal("x/a.mp4", Only(folder["store/x/a.mp4"], folder["store"]).Rgb);
        Assert.Equal("store/x/a.mp4", Only(folder["store//x/a.mp4"], folder.Path + "/").Rgb);
        Assert.Equal(folder["store/x/a.mp4"][1..], Only(folder["store/x/a.mp4"], "/").Rgb);
    }

    [Fact]
    public void A_path_that_leaves_the_root_is_refused_with_its_place_and_the_option_that_helps()
    {
        Directory.CreateDirectory(folder["store"]);
        Directory.CreateDirectory(folder["store2"]);
        foreach (
            string path in new[]
            {
                "/etc/passwd",
                folder["store2/a.mp4"],
                folder["store/../store2/a.mp4"],
                folder["store/./a.mp4"],
                folder["store"],
            }
        )
        {
            var error = Assert.Throws<InvalidDataException>(() => Only(path, folder["store"]));
            Assert.StartsWith(
                $"{folder["set/manifest.csv"]}, line 2, column 'rgb': found '{path}', expected a path inside {folder["store"]}",
                error.Message,
                StringComparison.Ordinal
            );
            Assert.Equal(NextStep.NameRecordingsRoot, Suggestion.Of(error)[0].Step);
        }
        Assert.Throws<InvalidDataException>(() => Only("../store2/a.mp4", folder["store"]));
        folder.Write("set/manifest.csv", $"sample,split\n{folder["set"]}/a,train\n");
        Assert.Contains(
            "column 'sample'",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder["set"])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_folder_reached_by_a_link_is_the_folder_it_leads_to()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Links need a privilege here.");
        Directory.CreateDirectory(folder["disk/data/x"]);
        Directory.CreateSymbolicLink(folder["mount"], folder["disk"]);
        Directory.CreateSymbolicLink(folder["recordings"], folder["mount/data"]);
        Assert.Equal("x/a.mp4", Only(folder["disk/data/x/a.mp4"], folder["recordings"]).Rgb);
        Assert.Equal("x/a.mp4", Only(folder["recordings/x/a.mp4"], folder["disk/data"]).Rgb);
        Assert.Throws<InvalidDataException>(() => Only(folder["disk/a.mp4"], folder["recordings"]));
    }

    [Fact]
    public void A_root_that_is_not_there_or_has_no_manifest_to_serve_is_refused()
    {
        folder.Write("set/manifest.csv", "sample,split\na,train\n");
        Assert.Contains(
            "no such folder of recordings",
            Assert.Throws<DirectoryNotFoundException>(() => Dataset.Open(folder["set"], folder["nowhere"])).Message,
            StringComparison.Ordinal
        );
        folder.Write("challenge/test/SAMPLE_1/SAMPLE_1_RGB.mkv", "");
        Assert.Contains(
            "Leave the root out",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder["challenge"], folder.Path)).Message,
            StringComparison.Ordinal
        );
    }
}
