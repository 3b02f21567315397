using System.Buffers.Binary;
using System.Text;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Weights;

public class SafetensorsTests
{
    private static readonly NamedTensor[] Sample =
    [
        NamedTensor.From("b", [1.5f, -2f, float.NaN, 0f, 1e-40f, 7f], 2, 3),
        new("a", "I64", [], [255, 255, 255, 255, 255, 255, 255, 255]),
        new("c/ü\"", "U8", [3], [1, 2, 3]),
        new("empty", "F16", [0, 4], []),
    ];

    private static readonly Dictionary<string, string> Facts = new() { ["variant"] = "v1", ["epoch"] = "7" };

    [Fact]
    public void What_is_written_is_read_back()
    {
        SafetensorsFile file = Parse(Format(Sample, Facts));
        Assert.Equal(Facts, file.Metadata);
        Assert.Equal(Sample.Length, file.Tensors.Count);
        foreach (NamedTensor tensor in Sample)
        {
            NamedTensor read = file.Tensors[tensor.Name];
            Assert.Equal((tensor.DType, tensor.Name), (read.DType, read.Name));
            Assert.Equal(tensor.Shape, read.Shape);
            Assert.Equal(tensor.Bytes, read.Bytes);
        }
    }

    [Fact]
    public void The_order_of_tensors_and_metadata_does_not_change_the_bytes() =>
        Assert.Equal(
            Format(Sample, Facts),
            Format([.. Sample.Reverse()], new Dictionary<string, string> { ["epoch"] = "7", ["variant"] = "v1" })
        );

    [Fact]
    public void Every_tensor_is_aligned_to_its_element_size()
    {
        byte[] bytes = Format(Sample, Facts);
        int start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, start % 8);
        Assert.True(bytes.AsSpan(start, 8).SequenceEqual(Sample[1].Bytes), "the 8-byte elements come first");
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
        12,
        "overlaps"
    )]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        8,
        "overlaps"
    )]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""",
        12,
        "hole"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "take 4 bytes, the file has 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "take 8 bytes, the file has 7")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "bytes 8 to 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "bytes -8 to 0")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""",
        8,
        "9223372036854775807"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[2000000000],"data_offsets":[0,2000000000]}}""",
        8,
        "take 2000000000 bytes"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "cannot be")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}""", 0, "cannot be")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,0]}}""", 0, "not understood")]
    [InlineData("""{"a":{"dtype":"F4","shape":[],"data_offsets":[0,0]}}""", 0, "'F4'")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""",
        0,
        "uplicate"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[0]}}""", 0, "lacks")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"code":1}}""", 0, "'code'")]
    [InlineData("""{"a":[]}""", 0, "not understood")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "not understood")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "not understood")]
    [InlineData("[]", 0, "expected an object")]
    [InlineData("{", 0, "not understood")]
    public void A_header_that_lies_is_refused_with_the_reason(string header, int dataLength, string reason)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] file = [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[dataLength]];
        var error = Assert.Throws<InvalidDataException>(() => Parse(file));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("memory", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData((ulong)Safetensors.HeaderLimit + 1)]
    [InlineData((ulong)Safetensors.HeaderLimit)]
    public void An_absurd_header_length_is_refused_without_allocating(ulong length)
    {
        byte[] file = [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}'];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Parse(file));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Cut_anywhere_the_file_is_refused()
    {
        byte[] whole = Format(Sample, Facts);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => Parse(whole[..length]));
    }

    [Fact]
    public void Flipped_bytes_give_a_refusal_or_a_file_and_nothing_else()
    {
        byte[] whole = Format(Sample, Facts);
        var random = new Random(20260101);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. whole];
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                foreach (NamedTensor tensor in Parse(bytes).Tensors.Values)
                    tensor.ToSingles();
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 10_000, 20_000);
    }

    [Theory]
    [InlineData("F16", new byte[] { 0, 0x3c, 0, 0xc1 }, new[] { 1f, -2.5f })]
    [InlineData("BF16", new byte[] { 0x80, 0x3f, 0x20, 0xc0 }, new[] { 1f, -2.5f })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0xc0 }, new[] { -2f })]
    [InlineData("I16", new byte[] { 0xfe, 0xff }, new[] { -2f })]
    [InlineData("U8", new byte[] { 255 }, new[] { 255f })]
    public void Other_number_types_become_singles(string dtype, byte[] bytes, float[] expected) =>
        Assert.Equal(expected, new NamedTensor("x", dtype, [expected.Length], bytes).ToSingles());

    [Fact]
    public void Two_tensors_of_one_name_are_not_written() =>
        Assert.Throws<ArgumentException>(() => Format([Sample[0], Sample[0]], Facts));

    [Fact]
    public void A_few_lines_of_numpy_read_the_same_numbers()
    {
        const string Script = """
            import json, struct, sys
            import numpy as np
            raw = open(sys.argv[1], "rb").read()
            n, = struct.unpack("<Q", raw[:8])
            header = json.loads(raw[8:8 + n])
            begin, end = header["b"]["data_offsets"]
            b = np.frombuffer(raw[8 + n:][begin:end], np.float32).reshape(header["b"]["shape"])
            print(b[0].tolist(), b[1, 2], header["__metadata__"]["variant"], header["a"]["shape"])
            """;
        string path = Path.GetTempFileName();
        try
        {
            Safetensors.Save(path, Sample, Facts);
            Assert.Equal("[1.5, -2.0, nan] 7.0 v1 []", DebianPython.Run("numpy", Script, path).Trim());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Format(NamedTensor[] tensors, Dictionary<string, string> metadata)
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    private static SafetensorsFile Parse(byte[] bytes) => Safetensors.Read(new MemoryStream(bytes), "memory");
}
