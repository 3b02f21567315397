using Gesto.Training.Weights;

namespace Gesto.Cli.Tests;

/// <summary>`gesto landmarks` and `gesto weights --landmarks` as programs.</summary>
public sealed class LandmarksProgramTests : IDisposable
{
    private const string Networks = "mediapipe-holistic-0.5.1675471629";

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private ProgramResult Run(params string[] arguments) => GestoProgram.Run(folder.Path, arguments);

    /// <summary>Gives the program the networks of the user's cache.</summary>
    private void NeedNetworks()
    {
        string from = Path.Combine(WeightsCache.Default().Folder, Networks);
        if (!Directory.Exists(from))
            Assert.Skip("MediaPipe's networks are not in the cache; fetch them with 'gesto weights --landmarks'.");
        string to = Directory.CreateDirectory(folder[$"cache/{Networks}"]).FullName;
        foreach (string file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    [Fact]
    public void Without_the_networks_it_says_how_to_fetch_them()
    {
        Reference.Video(folder["a.mkv"], 32, 24, 3);
        Run("landmarks", "a.mkv", "--out", "a.pose").Refused("gesto weights --landmarks");
        Assert.False(File.Exists(folder["a.pose"]));
    }

    [Fact]
    public void Hand_crops_are_features_in_float32_and_need_the_networks_and_videos()
    {
        string[] crops = ["extract", "data", "features", "--hand-crops", "alone"];
        folder.Write("data/manifest.csv", "sample,label,name,split,rgb\n0,0,A,train,0.mkv\n");
        Run([.. crops, "--rgb", "frames"]).Refused("--hand-crops are features in float32");
        Run([.. crops, "--precision", "int8"]).Refused("--hand-crops are features in float32");
        Run(crops).Refused("gesto weights --landmarks");
        folder.Write("data/manifest.csv", "sample,label,name,split,landmarks\n0,0,A,train,0.npy\n");
        Run(crops).Refused("no hands to cut out");
        Assert.False(Directory.Exists(folder["features/rgb"]));
    }

    [Fact]
    public void A_package_that_is_not_there_or_another_one_is_refused()
    {
        Run("weights", "--landmarks", "none.tgz").Refused("none.tgz: no such file");
        folder.Write("other.tgz", "no package");
        Run("weights", "--landmarks", "other.tgz").Refused("other.tgz: SHA-256");
    }

    [Fact]
    public void A_video_with_nobody_in_it_gives_zeros_and_a_picture()
    {
        NeedNetworks();
        Reference.Video(folder["a.mkv"], 64, 48, 3);
        ProgramResult result = Run("landmarks", "a.mkv", "--out", "a.npy", "--picture", "a.png");
        Assert.Equal("", result.Done());
        Assert.Contains("3 frames, body in 0", result.Error, StringComparison.Ordinal);
        byte[] array = File.ReadAllBytes(folder["a.npy"]);
        Assert.Equal(128 + 3 * 258 * sizeof(float), array.Length); // numpy's header is padded to 128 bytes here
        Assert.All(array[^(3 * 258 * sizeof(float))..], b => Assert.Equal(0, b));
        Assert.Equal("PNG"u8.ToArray(), File.ReadAllBytes(folder["a.png"])[1..4]);
        Run("landmarks", "a.mkv", "--out", "a.txt").Refused(".pose or .npy");
        Run("landmarks", "none.mkv", "--out", "a.pose").Refused("none.mkv");
    }
}
