using Gesto.Training.Batches;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Batches;

[Collection(AloneWithLibtorch.Name)]
public class FrameChangesTests
{
    [Fact]
    public void Masking_hides_one_band_of_each_axis_through_a_sample_and_leaves_the_rest()
    {
        using var scope = NewDisposeScope();
        const int Rows = 10,
            Columns = 20;
        // Every value its own, the smallest of each sample known.
        Tensor frames = arange(5 * 2 * Rows * Columns).view(5, 2, Rows, Columns).to(ScalarType.Float32);
        var widths = new HashSet<(int, int)>();
        for (int seed = 0; seed < 50; seed++)
        {
            Tensor masked = FrameChanges.Mask(
                frames,
                [3, 2],
                new AugmentationRecipe { RangeMasking = 0.4, DopplerMasking = 0.3 },
                new Random(seed)
            );
            foreach ((int first, int length, float smallest) in new[] { (0, 3, 0f), (3, 2, 3f * 2 * Rows * Columns) })
            {
                float[] found = masked.narrow(0, first, length).data<float>().ToArray(),
                    before = frames.narrow(0, first, length).data<float>().ToArray();
                bool[] hidden = [.. found.Zip(before, (f, b) => f != b)];
                for (int i = 0; i < found.Length; i++)
                    Assert.Equal(hidden[i] ? smallest : before[i], found[i]);
                // The second map of the first frame: its smallest value is its own, so every hidden bin shows.
                bool[] map = hidden[(Rows * Columns)..(2 * Rows * Columns)];
                int[] rows =
                [
                    .. Enumerable
                        .Range(0, Rows)
                        .Where(r => Enumerable.Range(0, Columns).All(c => map[r * Columns + c])),
                ];
                int[] columns =
                [
                    .. Enumerable
                        .Range(0, Columns)
                        .Where(c => Enumerable.Range(0, Rows).All(r => map[r * Columns + c])),
                ];
                Assert.Equal(
                    rows.Length * Columns + columns.Length * Rows - rows.Length * columns.Length,
                    map.Count(h => h)
                );
                Assert.True(rows.Length <= 4 && (rows.Length == 0 || rows[^1] - rows[0] == rows.Length - 1));
                Assert.True(
                    columns.Length <= 6 && (columns.Length == 0 || columns[^1] - columns[0] == columns.Length - 1)
                );
                for (int map2 = 1; map2 < 2 * length; map2++)
                    Assert.Equal(map[1..], hidden[(map2 * Rows * Columns + 1)..((map2 + 1) * Rows * Columns)]);
                widths.Add((rows.Length, columns.Length));
            }
        }
        Assert.True(widths.Count > 8);
    }

    [Fact]
    public void Without_masking_frames_stay_bytes()
    {
        using var scope = NewDisposeScope();
        Tensor frames = ones(2, 1, 4, 4).to(ScalarType.Byte);
        Assert.Equal(ScalarType.Byte, FrameChanges.Mask(frames, [2], new AugmentationRecipe(), new Random(1)).dtype);
    }

    /// <summary>Samples of 4 and 2 frames: the value of a bin is 100 · (frame of the batch) + range bin.</summary>
    [Fact]
    public void Mixing_takes_one_band_of_range_from_the_partner_and_leaves_the_rest()
    {
        using var scope = NewDisposeScope();
        Tensor frames = arange(6)
            .view(6, 1, 1, 1)
            .mul(100)
            .add(arange(10).view(1, 1, 10, 1))
            .expand(6, 2, 10, 3)
            .to(ScalarType.Int32);
        int[] partners = [4, 4, 5, 5, 0, 2]; // frame by frame, spread evenly
        var starts = new HashSet<int>();
        for (int seed = 0; seed < 30; seed++)
        {
            Tensor mixed = FrameChanges.Mix(frames, [4, 2], new Mixing([1, 0], 0.7), new Random(seed));
            Assert.Equal(frames.shape, mixed.shape);
            int[] found = mixed.data<int>().ToArray();
            int start = -1;
            for (int i = 0; i < found.Length; i++)
            {
                int frame = i / 60,
                    row = i / 3 % 10;
                if (start < 0 && found[i] != 100 * frame + row)
                    start = row;
                bool taken = start >= 0 && row >= start && row < start + 3;
                Assert.Equal(100 * (taken ? partners[frame] : frame) + row, found[i]);
            }
            starts.Add(start);
        }
        Assert.Equal(8, starts.Count);
        Assert.Equal(
            frames.data<int>().ToArray(),
            FrameChanges.Mix(frames, [4, 2], new Mixing([1, 0], 1), new Random(1)).data<int>().ToArray()
        );
    }
}
