using Gesto.Recordings;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using static Gesto.Training.Tests.Models.ModelContractTests;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

/// <summary>What is done to a model's inputs: standardised always, hidden while it learns.</summary>
[Collection(AloneWithLibtorch.Name)]
public class ModelInputTests
{
    [Fact]
    public void Standardising_buffers_shift_and_scale_each_feature()
    {
        using var scope = NewDisposeScope();
        float[] mean = [.. Enumerable.Range(0, 10).Select(f => (float)f)],
            deviation = [.. Enumerable.Range(1, 10).Select(f => 0.5f * f)];
        using SignModel plain = Single(new ModalityInput(10, null, 0)),
            scaled = Single(new ModalityInput(10, new(mean, deviation), 0));
        ModalitySteps x = Steps(7, [6], 10);
        float[] expected = Logits(plain, x with { Steps = (x.Steps - tensor(mean)) / tensor(deviation) }, null);
        float[] found = Logits(scaled, x, null);
        for (int k = 0; k < Classes; k++)
            Assert.Equal(expected[k], found[k], 1e-5f);
    }

    [Fact]
    public void Input_dropout_hides_features_while_learning_and_none_afterwards()
    {
        using var scope = NewDisposeScope();
        using SignModel plain = Single(new ModalityInput(10, null, 0)),
            dropping = Single(new ModalityInput(10, null, 0.999999));
        ModalitySteps x = Steps(7, [6], 10);
        dropping.train();
        float[] hidden = dropping.Classify(PerModality.Of(x, null)).data<float>().ToArray();
        float[] nothing = Logits(plain, x with { Steps = zeros_like(x.Steps) }, null),
            everything = Logits(plain, x, null);
        for (int k = 0; k < Classes; k++)
            Assert.Equal(nothing[k], hidden[k], 1e-5f);
        Assert.Contains(Enumerable.Range(0, Classes), k => Math.Abs(nothing[k] - everything[k]) > 1e-3f);
        dropping.eval();
        float[] afterwards = Logits(dropping, x, null);
        for (int k = 0; k < Classes; k++)
            Assert.Equal(everything[k], afterwards[k], 1e-5f);
    }

    [Fact]
    public void Modality_dropout_shows_rgb_alone_radar_alone_or_both_and_never_neither()
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(FusionMode.Late, TemporalMode.Lstm, StatePooling.Last, modalityDropout: 0.6);
        ModalitySteps rgb = Steps(1, [6], RgbWidth),
            radar = Steps(2, [4], RadarWidth);
        float[][] expected =
        [
            Logits(model, rgb, radar),
            Logits(model, rgb, radar, ModalityMask.All.Without(Modality.Radar)),
            Logits(model, rgb, radar, ModalityMask.All.Without(Modality.Rgb)),
        ];
        int[] seen = new int[3];
        model.train();
        manual_seed(1);
        for (int draw = 0; draw < 300; draw++)
        {
            float[] found = model.Classify(PerModality.Of(rgb, radar)).data<float>().ToArray();
            // throws for neither
            seen[Array.FindIndex(expected, e => e.Zip(found).All(p => Math.Abs(p.First - p.Second) < 1e-5f))]++;
        }
        // Binomial, 300 draws: 120 ± 4 standard deviations of 8.5 show both, 90 ± 4 × 7.9 each one alone.
        Assert.InRange(seen[0], 86, 154);
        Assert.InRange(seen[1], 58, 122);
        Assert.InRange(seen[2], 58, 122);
    }

    [Fact]
    public void Antenna_dropout_hides_antennas_as_often_as_asked_and_always_leaves_one()
    {
        using var scope = NewDisposeScope();
        using var input = new ModalityInput(RadarWidth, null, 0, groups: 3, groupDropout: 0.5);
        input.train();
        manual_seed(1);
        float[] shown = input
            .Scale(new ModalitySteps(ones(4000, 1, RadarWidth), [.. Enumerable.Repeat(1, 4000)]))
            .Steps.data<float>()
            .ToArray();
        int[] counts = new int[4];
        foreach (float[] sample in shown.Chunk(RadarWidth))
        {
            for (int antenna = 0; antenna < 3; antenna++)
                Assert.Equal(sample[16 * antenna], sample[16 * antenna + 15]);
            counts[(int)(sample.Sum() / 16)]++;
        }
        // Each of three shown with 1/2, none shown becomes one: 1/2, 3/8, 1/8 of 4,000, ± 4 standard deviations of at
        // most 32.
        Assert.Equal(0, counts[0]);
        Assert.InRange(counts[1], 1872, 2128);
        Assert.InRange(counts[2], 1372, 1628);
        Assert.InRange(counts[3], 412, 588);
    }

    private static SignModel Single(ModalityInput rgb)
    {
        var model = new SignModel(
            PerModality.Of(rgb, null),
            new LateFusion(10),
            new LstmModel(10, 8, 2, 0),
            0,
            Classes
        );
        FormulaTensors.Fill(model, 0.5f);
        model.eval();
        return model;
    }
}
