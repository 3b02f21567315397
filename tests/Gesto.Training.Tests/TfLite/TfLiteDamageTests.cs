using System.Buffers.Binary;
using System.Diagnostics;
using Gesto.Training.TfLite;
using static Gesto.Training.TfLite.TfLiteOperation;

namespace Gesto.Training.Tests.TfLite;

/// <summary>Files come from anywhere: damaged ones are refused by one documented exception, without waiting and
/// without memory that they do not hold.</summary>
public class TfLiteDamageTests
{
    private const int Rounds = 1000;

    /// <summary>Every operator, sparse and half-precision weights.</summary>
    private static TfLiteBuilder Whole()
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 4, 4, 4),
            packed = file.Packed([4, 1, 1, 4], [1, 2, 3], new([0, 1, 1, 2, 3], [0, 2, 3], 8)),
            halves = file.Add([4, 1, 1, 4], 1, []),
            weights = file.Tensor(4, 1, 1, 4),
            padded = file.Tensor(1, 6, 6, 4),
            convolved = file.Tensor(1, 6, 6, 4),
            deep = file.Tensor(1, 4, 4, 4),
            sum = file.Tensor(1, 4, 4, 4),
            damped = file.Tensor(1, 4, 4, 4),
            pooled = file.Tensor(1, 2, 2, 4),
            large = file.Tensor(1, 4, 4, 4),
            blocks = file.Tensor(1, 8, 8, 1),
            part = file.Tensor(1, 4, 8, 1),
            both = file.Tensor(1, 8, 8, 1),
            mean = file.Tensor(1, 1),
            full = file.Tensor(1, 2),
            flag = file.Tensor(1, 2),
            shaped = file.Tensor(2, 1);
        file.Step(Densify, [packed], halves);
        file.Step(Dequantize, [halves], weights);
        file.Step(Pad, [picture, file.Integers(0, 0, 1, 1, 1, 1, 0, 0)], padded);
        file.Step(Conv2D, [padded, weights], convolved, (0, 1, false), (1, 1, true), (2, 1, true), (3, 3, false));
        file.Step(
            DepthwiseConv2D,
            [convolved, file.Singles([1, 3, 3, 4], new float[36]), file.Halves([4], 1, 2, 3, 4)],
            deep,
            (0, 1, false),
            (1, 1, true),
            (2, 1, true),
            (3, 1, true)
        );
        file.Step(Add, [deep, picture], sum, (0, 1, false));
        file.Step(Prelu, [sum, file.Singles([1, 1, 4], 1, 2, 3, 4)], damped);
        file.Step(MaxPool2D, [damped], pooled, (1, 2, true), (2, 2, true), (3, 2, true), (4, 2, true));
        file.Step(ResizeBilinear, [pooled, file.Integers(4, 4)], large, (3, 1, false));
        file.Step(DepthToSpace, [large], blocks, (0, 2, true));
        file.Step(
            StridedSlice,
            [blocks, file.Integers(0, 2, 0, 0), file.Integers(1, 6, 8, 1), file.Integers(1, 1, 1, 1)],
            part
        );
        file.Step(Concatenation, [part, part], both, (0, 1, true));
        file.Step(TfLiteOperation.Mean, [both, file.Integers(1, 2)], mean);
        file.Step(FullyConnected, [mean, file.Singles([2, 1], 1, 2), file.Singles([2], 3, 4)], full);
        file.Step(Logistic, [full], flag);
        file.Step(Reshape, [flag, file.Integers(-1, 1)], shaped);
        return file;
    }

    private static byte[] Convert(byte[] bytes) =>
        TfLiteConversion.ToOnnx(TfLiteModel.Read(bytes, "some.tflite"), "n", "x", "y");

    private static string Refused(byte[] bytes) => Assert.Throws<InvalidDataException>(() => Convert(bytes)).Message;

    private static string Refused(TfLiteBuilder file) => Refused(file.Build());

    [Fact]
    public void A_mutated_file_is_converted_or_refused_and_nothing_else()
    {
        byte[] whole = Whole().Build();
        Convert(whole);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--)
                switch (random.Next(4))
                {
                    case 0:
                        bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                        break;
                    case 1: // an offset, a length or a value
                        BinaryPrimitives.WriteInt32LittleEndian(
                            bytes.AsSpan(random.Next(bytes.Length / 4 - 1) * 4),
                            random.Next(3) switch
                            {
                                0 => random.Next(-200, 200),
                                1 => 1_000_000_000,
                                _ => random.Next(int.MinValue, int.MaxValue),
                            }
                        );
                        break;
                    case 2:
                        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                        break;
                    default:
                        Array.Clear(bytes, random.Next(bytes.Length - 8), 8);
                        break;
                }
            if (round % 5 == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            long before = GC.GetAllocatedBytesForCurrentThread(),
                begun = Stopwatch.GetTimestamp();
            try
            {
                Convert(bytes);
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith("some.tflite: ", e.Message, StringComparison.Ordinal);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
            Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 10);
        }
        Assert.InRange(refused, Rounds / 2, Rounds);
    }

    [Fact]
    public void A_cut_file_is_refused_wherever_it_ends()
    {
        byte[] whole = Whole().Build();
        for (int length = 0; length < whole.Length; length += 7)
            Refused(whole[..length]);
    }

    [Fact]
    public void Another_format_is_named() =>
        Assert.Contains("TFL3", Refused("PK\u0003\u0004 some zip"u8.ToArray()), StringComparison.Ordinal);

    [Fact]
    public void A_foreign_operator_is_named_by_its_number()
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 1);
        file.Step((TfLiteOperation)77, [picture], file.Tensor(1, 2, 2, 1));
        Assert.Contains("number 77", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_thousand_million_elements_are_not_allocated()
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 1),
            packed = file.Packed([1000, 1000, 1000], [1], new([0, 1], [0], 32)),
            dense = file.Tensor(1000, 1000, 1000);
        file.Step(Densify, [packed], dense);
        file.Step(Prelu, [picture, dense], file.Tensor(1, 2, 2, 1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("constant numbers", Refused(file), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void One_constant_that_many_operators_read_does_not_grow_without_bound()
    {
        var file = new TfLiteBuilder();
        int at = file.Tensor(1, 2, 2, 512),
            weights = file.Singles([512, 1, 1, 512], new float[512 * 512]);
        for (int i = 0; i < 200; i++)
        {
            int next = file.Tensor(1, 2, 2, 512);
            file.Step(Conv2D, [at, weights], next, (1, 1, true), (2, 1, true));
            at = next;
        }
        Assert.Contains("constant numbers", Refused(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 0, 5, 2 }, new[] { 0, 0 }, "ascend")]
    [InlineData(new[] { 0, 1, 2 }, new[] { 0, 9 }, "column 9")]
    [InlineData(new[] { 0, 1 }, new[] { 0, 0 }, "segments")]
    [InlineData(new[] { 0, 1, 3 }, new[] { 0, 0, 0 }, "sparse elements")]
    public void Sparse_weights_that_contradict_themselves_are_refused(int[] segments, int[] places, string word)
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 2),
            packed = file.Packed([2, 1, 1, 2], [1, 2], new(segments, places, 32)),
            dense = file.Tensor(2, 1, 1, 2);
        file.Step(Densify, [packed], dense);
        file.Step(Conv2D, [picture, dense], file.Tensor(1, 2, 2, 2), (1, 1, true), (2, 1, true));
        Assert.Contains(word, Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_that_does_not_follow_from_the_inputs_is_refused()
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 4, 4, 1);
        file.Step(
            MaxPool2D,
            [picture],
            file.Tensor(1, 3, 2, 1),
            (1, 2, true),
            (2, 2, true),
            (3, 2, true),
            (4, 2, true)
        );
        string message = Refused(file);
        Assert.Contains("(1, 3, 2, 1)", message, StringComparison.Ordinal);
        Assert.Contains("(1, 2, 2, 1)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operator_that_reads_its_own_output_is_refused()
    {
        var file = new TfLiteBuilder();
        int picture = file.Tensor(1, 2, 2, 1),
            loop = file.Tensor(1, 2, 2, 1);
        file.Step(Add, [picture, loop], loop);
        Assert.Contains("nothing computes before it", Refused(file), StringComparison.Ordinal);
    }
}
