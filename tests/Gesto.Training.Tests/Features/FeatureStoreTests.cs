using Gesto.Encoders;
using Gesto.Files;
using Gesto.Training.Features;

namespace Gesto.Training.Tests.Features;

public sealed class FeatureStoreTests : IDisposable
{
    internal static readonly FeatureKey Key = new()
    {
        Modality = "rgb",
        Encoder = "e",
        Weights = "w",
        Preprocessing = "p",
        Sampling = "linspace-30",
        DType = "<f4",
        Shape = [30, 2],
    };

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static NpyArray Array(float value) => NpyArray.From([.. Enumerable.Repeat(value, 60)], 30, 2);

    [Fact]
    public void A_line_torn_by_a_kill_loses_that_sample_alone()
    {
        using (FeatureStore store = FeatureStore.OpenOrCreate(folder.Path, Key))
        {
            store.Add("train/a", Array(1), 7);
            store.Add("train/b", Array(2), 8);
        }
        string journal = Directory.GetFiles(folder.Path, "journal*").Single();
        File.WriteAllBytes(journal, File.ReadAllBytes(journal)[..^5]);
        using FeatureStore again = FeatureStore.OpenOrCreate(folder.Path, Key);
        Assert.Equal(["train/a"], again.Samples);
        again.Add("train/c", Array(3), 9);
        Assert.Equal(["train/a", "train/c"], FeatureStore.Open(folder.Path).Samples);
        Assert.Equal(9, FeatureStore.Open(folder.Path).LengthOf("train/c"));
    }

    [Fact]
    public void Features_made_differently_are_refused_by_name()
    {
        FeatureStore.OpenOrCreate(folder.Path, Key).Dispose();
        var error = Assert.Throws<InvalidDataException>(() =>
            FeatureStore.OpenOrCreate(folder.Path, Key with { Weights = "other" })
        );
        Assert.Contains("made differently (Weights: \"w\" / \"other\")", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numpy_reads_the_arrays_and_the_lengths()
    {
        using (FeatureStore store = FeatureStore.OpenOrCreate(folder.Path, Key))
        {
            store.Add("train/1_A/SAMPLE_1", NpyArray.From([.. Enumerable.Range(0, 60).Select(i => i / 3f)], 30, 2), 30);
            store.Complete();
        }
        string output = Reference.RunPython(
            "numpy",
            """
            import numpy as np, json, sys
            a=np.load(sys.argv[1]+'/train/1_A/SAMPLE_1.npy')
            print(a.dtype, a.shape, bool((a.ravel()==np.arange(60,dtype=np.float32)/np.float32(3)).all()), json.load(open(sys.argv[1]+'/lengths.json')))
            """,
            folder.Path
        );
        Assert.Equal("float32 (30, 2) True {'train/1_A/SAMPLE_1': 30}", output.Trim());
    }

    [Theory]
    [InlineData("f2")]
    [InlineData("f4")]
    [InlineData("f8")]
    [InlineData("u1")]
    [InlineData("i1")]
    [InlineData("u2")]
    [InlineData("i2")]
    [InlineData("u4")]
    [InlineData("i4")]
    [InlineData("i8")]
    public void Arrays_of_numpy_are_read_as_they_are(string type)
    {
        Reference.RunPython(
            "numpy",
            "import numpy as np, sys\nnp.save(sys.argv[1], np.arange(24).reshape(2,3,4).astype(sys.argv[2]))",
            folder["a.npy"],
            type
        );
        NpyArray array = NpyFile.Load(folder["a.npy"]);
        Assert.Equal([2, 3, 4], array.Shape);
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (float)i), array.ToSingles());
    }

    [Fact]
    public void The_bytes_of_a_npy_are_those_of_numpy()
    {
        // numpy 1.24.2: np.save(f, np.array([[1.5, -2.0]], dtype='<f4'))
        byte[] golden =
        [
            0x93,
            .. "NUMPY\x1\x0v\x0"u8,
            .. "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".PadRight(117).Select(c => (byte)c),
            (byte)'\n',
            0,
            0,
            0xC0,
            0x3F,
            0,
            0,
            0,
            0xC0,
        ];
        NpyFile.Save(folder["a.npy"], NpyArray.From([1.5f, -2f], 1, 2));
        Assert.Equal(golden, File.ReadAllBytes(folder["a.npy"]));
    }
}
