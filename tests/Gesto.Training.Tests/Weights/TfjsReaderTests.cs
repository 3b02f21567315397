using System.Text;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Weights;

public class TfjsReaderTests
{
    [Fact]
    public void Values_run_on_across_shards()
    {
        float[] values = [1, 2, 3, 4, 5];
        byte[] raw = [.. NamedTensor.From("x", values, 5).Bytes];
        Dictionary<string, NamedTensor> tensors = Read(
            """[{"name":"a","shape":[3],"dtype":"float32"},{"name":"b","shape":[1,2],"dtype":"float32"}]""",
            raw[..6],
            raw[6..]
        );
        Assert.Equal([1, 2, 3], tensors["a"].ToSingles());
        Assert.Equal([4, 5], tensors["b"].ToSingles());
        Assert.Equal([1, 2], tensors["b"].Shape);
    }

    [Theory]
    [InlineData("""[{"name":"a","shape":[3],"dtype":"float32"}]""", "8 bytes left")]
    [InlineData("""[{"name":"a","shape":[1],"dtype":"float32"}]""", "take 4 bytes, the shards have 8")]
    [InlineData("""[{"name":"a","shape":[2],"dtype":"uint8"}]""", "only plain float32")]
    [InlineData("""[{"name":"a","shape":[2],"dtype":"float32","quantization":{}}]""", "only plain float32")]
    [InlineData("""[{"name":"a","shape":[4611686018427387904,8],"dtype":"float32"}]""", "does not fit")]
    [InlineData(
        """[{"name":"a","shape":[1],"dtype":"float32"},{"name":"a","shape":[1],"dtype":"float32"}]""",
        "two weights"
    )]
    [InlineData("""[{"shape":[2],"dtype":"float32"}]""", "not a tfjs")]
    [InlineData("""7""", "not a tfjs")]
    public void A_manifest_that_lies_is_refused_with_the_reason(string weights, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<InvalidDataException>(() => Read(weights, new byte[8])).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("../secret")]
    [InlineData("/etc/hostname")]
    [InlineData("..")]
    [InlineData("a\\\\b")]
    public void A_shard_outside_its_folder_is_refused(string path)
    {
        var error = Assert.Throws<InvalidDataException>(() =>
            TfjsReader.Read("memory", name =>
                name == "model.json"
                    ? Encoding.UTF8.GetBytes($$"""{"weightsManifest":[{"paths":["{{path}}"],"weights":[]}]}""")
                    : throw new Xunit.Sdk.XunitException($"opened {name}")
            )
        );
        Assert.Contains("not a plain file name", error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, NamedTensor> Read(string weights, params byte[][] shards)
    {
        string paths = string.Join(',', shards.Select((_, i) => $"\"s{i}\""));
        byte[] model = Encoding.UTF8.GetBytes(
            $$"""{"weightsManifest":[{"paths":[{{paths}}],"weights":{{weights}}}]}"""
        );
        return TfjsReader.Read("memory", name => name == "model.json" ? model : shards[int.Parse(name[1..], null)]);
    }
}
