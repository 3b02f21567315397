using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using static Gesto.Training.Tests.Models.ModelContractTests;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

/// <summary>What attention looks at; the rest of what it must keep is in <see cref="ModelContractTests"/>.</summary>
[Collection(AloneWithLibtorch.Name)]
public class AttentionFusionTests
{
    [Fact]
    public void Attention_looks_at_real_keys_only_and_its_weights_are_kept()
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(FusionMode.Attention, TemporalMode.Lstm, StatePooling.Last);
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        Logits(model, rgb, radar);
        Tensor weights = model.Attention!;
        Assert.Equal([5, 6, 6], weights.shape); // (B, RGB steps, radar steps)
        for (int b = 0; b < RgbLengths.Length; b++)
        for (int q = 0; q < RgbLengths[b]; q++)
        {
            float[] row = weights[b, q].data<float>().ToArray();
            Assert.All(row[RadarLengths[b]..], w => Assert.Equal(0, w));
            Assert.InRange(row.Sum(), 0, 1.00001f); // the rest goes to the key of zeros
            if (RadarLengths[b] > 0)
                Assert.True(row.Sum() > 0.01f);
        }
    }

    [Fact]
    public void Attention_of_three_modalities_looks_at_what_is_real_and_bears_that_any_is_missing()
    {
        using var scope = NewDisposeScope();
        const int width = 10;
        int[] lengths = [3, 2, 0, 4, 5];
        RunFacts two = TinyFacts.Of(RgbWidth, RadarWidth, antennas: 3, Classes);
        var recipe = new Recipe
        {
            Modalities = ["rgb", "radar", "landmarks"],
            Model = new ModelRecipe
            {
                Fusion = FusionMode.Attention,
                FusionWidth = 8,
                Heads = 2,
                Hidden = 8,
            },
        };
        manual_seed(5);
        using SignModel model = ModelFactory.Sign(
            recipe,
            two with
            {
                Streams = two.Streams.With(
                    Modality.Landmarks,
                    new StreamFacts(two.Keys[Modality.Rgb]! with { Modality = "landmarks" }, width)
                ),
            }
        );
        model.eval();
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        PerModality<ModalitySteps> all = PerModality.Of(rgb, radar).With(Modality.Landmarks, Steps(3, lengths, width));
        float[][] said = [.. Said(all).Chunk(Classes)];
        Tensor weights = model.Attention!;
        Assert.Equal([5, 6, 6 + 5], weights.shape);
        for (int b = 0; b < lengths.Length; b++)
        for (int q = 0; q < RgbLengths[b]; q++)
        {
            float[] row = weights[b, q].data<float>().ToArray();
            Assert.All(row[RadarLengths[b]..6], w => Assert.Equal(0, w));
            Assert.All(row[(6 + lengths[b])..], w => Assert.Equal(0, w));
            Assert.InRange(row.Sum(), 0.01f, 1.00001f);
        }
        for (int b = 0; b < lengths.Length; b++)
        {
            float[] alone = Said(all.Select((_, of) => One(of, b)));
            for (int k = 0; k < Classes; k++)
                Assert.Equal(alone[k], said[b][k], 1e-5f);
            foreach (Modality hidden in all.Modalities)
            {
                float[] without = Said(
                    all.Select((m, of) => m == hidden ? One(of, b) with { Lengths = [0] } : One(of, b))
                );
                Assert.All(without, v => Assert.True(float.IsFinite(v)));
                Assert.Equal(all[hidden]!.Lengths[b] == 0, alone.SequenceEqual(without));
            }
        }
        Assert.Throws<ArgumentException>(() => Said(PerModality.Of(rgb, radar)));

        float[] Said(PerModality<ModalitySteps> steps) => model.Classify(steps).data<float>().ToArray();

        // Alone, and no wider than it is long.
        ModalitySteps One(ModalitySteps of, int b) =>
            new(of.Steps[b..(b + 1), ..Math.Max(1, of.Lengths[b])], [of.Lengths[b]]);
    }
}
