using System.Diagnostics;
using System.Text;
using Gesto.Files;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

/// <summary>Files damaged at random, a thousand of each kind: only the documented exceptions come out, soon, and
/// without much memory.</summary>
public sealed class RadarFuzzTests : IDisposable
{
    private const int Mutations = 1000;
    private const int Hdf5Mutations = 500; // of each of two layouts by two writers
    private const long AllowedBytes = 200_000_000;

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Loads each damaged version of a file's bytes.</summary>
    /// <param name="damaged">The file that is damaged.</param>
    /// <param name="load">The file that is loaded, the same or a neighbour.</param>
    /// <param name="hotBytes">Most damage is done before this: where a format keeps its sizes.</param>
    /// <param name="other">Another way to damage it, for every third version.</param>
    /// <param name="memory">Memory taken so far, bytes; null: all that was ever allocated.</param>
    /// <param name="mutations">How many versions.</param>
    private static void Fuzz(
        string damaged,
        string load,
        int hotBytes,
        Func<byte[], Random, byte[]?>? other = null,
        Func<long>? memory = null,
        int mutations = Mutations
    )
    {
        memory ??= () => GC.GetTotalAllocatedBytes();
        byte[] whole = File.ReadAllBytes(damaged);
        int refused = 0;
        for (int seed = 0; seed < mutations; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = (random.Next(3) == 0 ? other?.Invoke(whole, random) : null)
                ?? Damage(whole, hotBytes, random);
            File.WriteAllBytes(damaged, bytes);
            long allocated = long.MaxValue;
            var clock = Stopwatch.StartNew();
            // Other tests allocate beside this one: what is over in each of three rounds is this one's own.
            for (int round = 0; round < 3 && allocated > 2 * bytes.Length + AllowedBytes; round++)
            {
                long before = memory();
                try
                {
                    RangeDopplerFile maps = RadarArray.Load(load);
                    Assert.Equal(maps.Values.Length, (long)maps.Frames * maps.Antennas * maps.Rows * maps.Columns);
                }
                catch (Exception e) when (e is InvalidDataException or IOException)
                {
                    refused++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"mutation {seed}: {e}");
                }
                allocated = memory() - before;
            }
            Assert.True(
                allocated <= 2 * bytes.Length + AllowedBytes,
                $"mutation {seed}: {allocated} bytes allocated for a file of {bytes.Length}"
            );
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"mutation {seed} took {clock.Elapsed}");
        }
        Assert.True(
            refused > mutations / 10,
            $"only {refused} of {mutations} were refused: the damage does not reach what is read"
        );
    }

    private static byte[] Damage(byte[] whole, int hotBytes, Random random)
    {
        byte[] bytes = [.. whole];
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            int at = random.Next(random.Next(4) == 0 ? bytes.Length : Math.Min(hotBytes, bytes.Length));
            bytes[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => 255,
                _ => (byte)(bytes[at] ^ (1 << random.Next(8))),
            };
        }
        return random.Next(10) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>Exchanges one number of a text for one that is no size.</summary>
    private static byte[]? OddNumber(byte[] whole, Random random)
    {
        string text = Encoding.Latin1.GetString(whole);
        string[] odd =
        [
            "-1",
            "0",
            "1",
            "3",
            "7",
            "1e308",
            "1e999",
            "-0.0",
            "4294967296",
            "99999999999999999999",
            "null",
            "\"x\"",
            "[]",
            "{}",
            "true",
            "65536",
            "2147483647",
        ];
        int[] digits =
        [
            .. Enumerable
                .Range(1, text.Length - 1)
                .Where(i =>
                    char.IsAsciiDigit(text[i])
                    && !char.IsAsciiLetterOrDigit(text[i - 1])
                    && text[i - 1] is ' ' or '('
                    && char.IsAsciiDigit(text[i])
                ),
        ];
        if (digits.Length == 0)
            return null;
        int start = digits[random.Next(digits.Length)],
            end = start;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or 'e' or 'E' or '+' or '-'))
            end++;
        return Encoding.Latin1.GetBytes(text[..start] + odd[random.Next(odd.Length)] + text[end..]);
    }

    [Fact]
    public void Numpy_arrays()
    {
        NpyFile.Save(
            folder["a.npy"],
            NpyArray.From([.. Enumerable.Range(0, 6 * 2 * 8 * 8).Select(i => i * 0.1f - 100)], 6, 2, 8, 8)
        );
        Fuzz(folder["a.npy"], folder["a.npy"], 128, OddNumber);
    }

    [Fact]
    public void Infineon_settings()
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(16, 16);
        InfineonSession.Write(folder.Path, waveform, 3, new float[4 * 3 * 16 * 32]);
        Fuzz(folder["config.json"], folder["radar.npy"], int.MaxValue, OddNumber);
    }

    [Fact]
    public void Infineon_samples()
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(16, 16);
        InfineonSession.Write(folder.Path, waveform, 3, new float[4 * 3 * 16 * 32]);
        Fuzz(folder["radar.npy"], folder["radar.npy"], 128, OddNumber);
    }

    [Fact]
    public void DCA1000_settings()
    {
        folder.Write(
            "a.json",
            Dca1000Settings
                .Example.Replace("128", "16", StringComparison.Ordinal)
                .Replace("256", "32", StringComparison.Ordinal)
        );
        File.WriteAllBytes(folder["a.bin"], new byte[3 * 16 * 4 * 32 * 4]);
        Fuzz(folder["a.json"], folder["a.bin"], int.MaxValue, OddNumber);
    }

    [Theory]
    [InlineData("soli", "PureHDF")]
    [InlineData("kkt", "PureHDF")]
    [InlineData("soli", "h5py")]
    [InlineData("kkt", "h5py")]
    public void HDF5_files(string kind, string writer)
    {
        if (writer == "PureHDF")
            Hdf5MapsTests.Write(folder["soli.h5"], folder["kkt.h5"]);
        else
            Reference.RunPython("h5py, numpy", Hdf5MapsTests.Script, folder["soli.h5"], folder["kkt.h5"], "earliest");
        // PureHDF makes a buffer for whatever size a damaged header names before it reads into it, up to 2 GB that
        // nothing ever touches: what counts is the memory that the process holds.
        Fuzz(
            folder[$"{kind}.h5"],
            folder[$"{kind}.h5"],
            3000,
            memory: () => Environment.WorkingSet,
            mutations: Hdf5Mutations
        );
    }
}
