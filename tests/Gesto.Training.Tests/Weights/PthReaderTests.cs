using System.IO.Compression;
using System.Text;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Weights;

public sealed class PthReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gesto-").FullName;

    private static string Golden => Path.Combine(AppContext.BaseDirectory, "Golden", "tiny.pth");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>tiny.pth: PyTorch 1.13, {"a": arange(6).reshape(2, 3), "t": its transpose (shared storage), "half":
    /// Parameter([1.5, -2]) in float16, "n": tensor(7)}.</summary>
    [Fact]
    public void A_state_dict_is_read_with_views_made_contiguous()
    {
        Dictionary<string, NamedTensor> tensors = PthReader.Load(Golden);
        Assert.Equal(["a", "t", "half", "n"], tensors.Keys);
        Assert.Equal([0, 1, 2, 3, 4, 5], tensors["a"].ToSingles());
        Assert.Equal([3, 2], tensors["t"].Shape);
        Assert.Equal([0, 3, 1, 4, 2, 5], tensors["t"].ToSingles());
        Assert.Equal(("F16", "I64"), (tensors["half"].DType, tensors["n"].DType));
        Assert.Equal([1.5f, -2f], tensors["half"].ToSingles());
        Assert.Equal([7], tensors["n"].ToSingles());
        Assert.Empty(tensors["n"].Shape);
    }

    [Fact]
    public void A_file_that_carries_code_is_refused_and_nothing_is_run()
    {
        string witness = $"{folder}/ran";
        DebianPython.Run(
            "torch",
            """
            import os, sys, torch
            class Evil:
                def __reduce__(self):
                    return os.system, (f"touch {sys.argv[2]}",)
            torch.save({"a": torch.zeros(2), "b": Evil()}, sys.argv[1])
            """,
            $"{folder}/evil.pth",
            witness
        );
        var error = Assert.Throws<InvalidDataException>(() => PthReader.Load($"{folder}/evil.pth"));
        Assert.Contains("posix.system", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was run", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(witness));
    }

    [Theory]
    [InlineData("cos\nsystem\nX\u0003\0\0\0xyz\u0085R.", "os.system")]
    [InlineData("cbuiltins\neval\nX\u0003\0\0\0xyz\u0085R.", "builtins.eval")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n)R.", "do not make a plain tensor")]
    [InlineData("ccollections\nOrderedDict\n]\u0085R.", "do not make a plain tensor")]
    [InlineData("cos\nsystem\n.", "reference to os.system")]
    [InlineData("cos\nsystem\n)\u0081.", "0x81")]
    [InlineData("(ios\nsystem\n.", "0x69")]
    [InlineData("\u0080\u0004.", "protocol 4")]
    [InlineData("K\u0007.", "holds a number")]
    [InlineData("}X\u0001\0\0\0aK\u0007s.", "holds a number under 'a'")]
    [InlineData("X\u00ff\u00ff\u00ff\u007fabc.", "ends inside")]
    [InlineData("cos", "ends inside")]
    [InlineData("}", "ends inside")]
    [InlineData("R.", "malformed")]
    [InlineData("(.", "malformed")]
    [InlineData("h\u0001.", "not stored")]
    [InlineData("\u008a\u00ff", "ends inside")]
    public void An_instruction_or_name_outside_the_list_is_refused_by_name(string pickle, string reason)
    {
        using MemoryStream file = Zip(("x/data.pkl", Encoding.Latin1.GetBytes(pickle), CompressionLevel.NoCompression));
        var error = Assert.Throws<InvalidDataException>(() => PthReader.Read(file, "memory"));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("((K\u0064tK\u0001t", "shape (100)")] // more than stored
    // 2^62 elements on stride 0
    [InlineData("((J\u00ff\u00ff\u00ff\u007fJ\u00ff\u00ff\u00ff\u007ftK\0K\0t", "does not fit")]
    [InlineData("((J\u00ff\u00ff\u00ff\u007ftK\0t", "does not fit")] // a small storage unfolded to 8 GB
    [InlineData("((K\u0002tJ\u00ff\u00ff\u00ff\u00fft", "does not fit")] // negative stride
    [InlineData("((K\u0002K\u0002tK\u0001t", "does not fit")] // two axes, one stride
    public void A_view_outside_its_storage_is_refused(string shapeAndStrides, string reason)
    {
        string[] parts = shapeAndStrides.Split('t');
        string pickle =
            "}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n"
            + "((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0002tQK\0"
            + $"{parts[0][1..]}t({parts[1]}t\u0089ccollections\nOrderedDict\n)RtRs.";
        using MemoryStream file = Zip(
            ("x/data.pkl", Encoding.Latin1.GetBytes(pickle), CompressionLevel.NoCompression),
            ("x/data/0", new byte[8], CompressionLevel.NoCompression)
        );
        var error = Assert.Throws<InvalidDataException>(() => PthReader.Read(file, "memory"));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_bomb_is_refused_before_it_is_unpacked()
    {
        using MemoryStream file = Zip(("x/data.pkl", new byte[100_000_000], CompressionLevel.SmallestSize));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => PthReader.Read(file, "memory"));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Contains("does not compress", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x80, 2, 0x8a, 10 }, "before 1.6")]
    [InlineData(new byte[] { 1, 2, 3 }, "not a zip")]
    [InlineData(new byte[0], "not a zip")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4, 0 }, "")]
    public void Files_of_other_kinds_are_told_apart(byte[] bytes, string reason)
    {
        var error = Assert.Throws<InvalidDataException>(() => PthReader.Read(new MemoryStream(bytes), "memory"));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flipped_bytes_give_a_refusal_or_a_file_and_nothing_else()
    {
        byte[] whole = File.ReadAllBytes(Golden);
        var random = new Random(20260102);
        for (int round = 0; round < 10_000; round++)
        {
            byte[] bytes = [.. whole];
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                PthReader.Read(new MemoryStream(bytes), "memory");
            }
            catch (InvalidDataException)
            {
                // A refusal is right; any other exception fails the test.
            }
        }
    }

    [Fact]
    public void A_state_dict_of_torchvision_goes_through_to_the_features_of_torchvision()
    {
        DebianPython.Run(
            "torchvision",
            """
            import sys, numpy as np, torch, torchvision
            torch.manual_seed(5)
            model = torchvision.models.resnet50(weights=None).eval()
            torch.save(model.state_dict(), sys.argv[1])
            f, y, x, c = np.indices((2, 224, 224, 3))
            frames = torch.from_numpy(((x * (3 + f) + y * (5 + c) + (x * y >> 4) * 7 + 31 * f + 57 * c) & 255).astype(np.uint8))
            x = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))(frames.permute(0, 3, 1, 2) / 255)
            model.fc = torch.nn.Identity()
            with torch.no_grad():
                np.save(sys.argv[2], model(x).numpy())
            """,
            $"{folder}/resnet50.pth",
            $"{folder}/features.npy"
        );
        ResNet50Weights weights = ResNet50Weights.FromTensors(
            PthReader.Load($"{folder}/resnet50.pth"),
            "resnet50.pth",
            "torchvision, random"
        );
        Assert.Equal(ResNet50Variant.V15, weights.Variant);
        using var encoder = ResNet50Encoders.Build(weights, threads: 2);
        var features = new float[2 * encoder.Width];
        encoder.Encode(FormulaResNet50.Frames(), 2, features);
        Features.ResNet50EncoderTests.AssertClose(NpyFile.Load($"{folder}/features.npy").ToSingles(), features);
    }

    private static MemoryStream Zip(params (string Name, byte[] Bytes, CompressionLevel Level)[] entries)
    {
        var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes, CompressionLevel level) in entries)
            {
                using Stream stream = zip.CreateEntry(name, level).Open();
                stream.Write(bytes);
            }
        }
        file.Position = 0;
        return file;
    }
}
