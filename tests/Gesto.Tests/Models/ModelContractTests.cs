using Gesto.Models;
using Gesto.Training;
using static TorchSharp.torch;

namespace Gesto.Tests.Models;

public class ModelContractTests
{
    [Fact]
    public void Padding_never_changes_a_logit()
    {
        using var scope = NewDisposeScope();
        using LateFusion model = Model();
        float[] values = FormulaTensors.Values(7, 3 * 6 * 10);
        Tensor lengths = tensor(new long[] { 4, 1, 6 });
        Tensor clean = tensor(values, [3, 6, 10]), dirty = clean.clone();
        dirty[0, 4..6] = tensor(1e6f);
        dirty[1, 1..6] = tensor(float.NaN);
        Assert.Equal(Logits(model, clean, lengths), Logits(model, dirty, lengths));
    }

    [Fact]
    public void A_longer_batch_mate_changes_no_logit()
    {
        using var scope = NewDisposeScope();
        using LateFusion model = Model();
        Tensor alone = tensor(FormulaTensors.Values(7, 4 * 10), [1, 4, 10]);
        Tensor together = cat([nn.functional.pad(alone, [0, 0, 0, 5]), tensor(FormulaTensors.Values(8, 90), [1, 9, 10])], 0);
        float[] first = Logits(model, alone, tensor(new long[] { 4 }));
        float[] second = Logits(model, together, tensor(new long[] { 4, 9 }))[..first.Length];
        // Matrix products of another height may sum in another order: float32 rounding, nothing more.
        for (int k = 0; k < first.Length; k++) Assert.Equal(first[k], second[k], 1e-5f);
    }

    [Fact]
    public void The_order_of_a_batch_orders_its_logits_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        using LateFusion model = Model();
        Tensor x = tensor(FormulaTensors.Values(9, 3 * 6 * 10), [3, 6, 10]), lengths = tensor(new long[] { 2, 6, 3 });
        float[] forwards = Logits(model, x, lengths), backwards = Logits(model, x.flip(0), lengths.flip(0));
        for (int sample = 0; sample < 3; sample++)
            for (int k = 0; k < 4; k++) Assert.Equal(forwards[sample * 4 + k], backwards[(2 - sample) * 4 + k], 1e-5f);
    }

    [Fact]
    public void Standardising_buffers_shift_and_scale_each_feature()
    {
        using var scope = NewDisposeScope();
        using LateFusion plain = Model();
        float[] mean = [.. Enumerable.Range(0, 10).Select(f => (float)f)], deviation = [.. Enumerable.Range(1, 10).Select(f => 0.5f * f)];
        using var scaled = new LateFusion(10, 8, 2, 0, 4, mean, deviation);
        FormulaTensors.Fill(scaled, 0.5f);
        Tensor x = tensor(FormulaTensors.Values(7, 60), [1, 6, 10]), lengths = tensor(new long[] { 6 });
        float[] expected = Logits(plain, (x - tensor(mean)) / tensor(deviation), lengths);
        float[] found = Logits(scaled, x, lengths);
        for (int k = 0; k < 4; k++) Assert.Equal(expected[k], found[k], 1e-5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_parameter_gets_a_finite_gradient(bool coordinates)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var encoder = new RadarCnn(coordinates, new RadarPreparation(Logarithm: true, false, false), mean: 1, deviation: 2);
        using var model = new RadarClassifier(encoder, antennas: 2, new RadarRecipe { Hidden = 8 }, classes: 3);
        Tensor frames = tensor(FormulaTensors.Values(3, 5 * 2 * 8 * 8).Select(v => v + 1).ToArray(), [5, 2, 8, 8]);
        Tensor logits = model.Classify(frames, [3, 2], new AugmentationRecipe { GainSpread = 0.2, Noise = 0.1 }, new Random(1));
        Assert.Equal([2, 3], logits.shape);
        nn.functional.cross_entropy(logits, tensor(new long[] { 0, 2 })).backward();
        foreach ((string name, var parameter) in model.named_parameters())
        {
            Assert.True(parameter.grad is not null, name);
            float largest = parameter.grad!.abs().max().item<float>();
            Assert.True(float.IsFinite(largest), name);
            // A bias before batch norm is taken out again by it, so only conv2's may vanish; the LSTM has two equal biases.
            Assert.True(largest > 0, $"{name} gets no gradient");
        }
    }

    [Fact]
    public void With_coordinates_the_place_of_an_echo_matters_and_without_it_does_not()
    {
        float[] Features(bool coordinates, int row)
        {
            using var scope = NewDisposeScope();
            using var cnn = new RadarCnn(coordinates, RadarPreparation.None, mean: 0, deviation: 1);
            FormulaTensors.Fill(cnn, 0.3f);
            var frame = new float[32 * 32];
            frame[row * 32 + 16] = 10;
            return cnn.forward(tensor(frame, [1, 1, 32, 32])).data<float>().ToArray();
        }
        // Rows 12 and 18: an even distance, so that pooling cuts the echo alike, and both far from the padded border.
        float Largest(bool coordinates) =>
            Features(coordinates, 12).Zip(Features(coordinates, 18), (a, b) => MathF.Abs(a - b)).Max();
        Assert.True(Largest(false) < 1e-6f);
        Assert.True(Largest(true) > 1e-3f);
    }

    [Fact]
    public void Removing_what_is_static_leaves_the_same_features_whatever_stands_in_the_room()
    {
        using var scope = NewDisposeScope();
        using var cnn = new RadarCnn(coordinates: true, new RadarPreparation(false, RemoveStatic: true, false), mean: 0, deviation: 1);
        Tensor empty = tensor(FormulaTensors.Values(4, 5 * 64), [5, 1, 8, 8]);
        Tensor furnished = empty + tensor(FormulaTensors.Values(5, 64), [1, 1, 8, 8]);
        float[] expected = cnn.forward(empty).data<float>().ToArray(), found = cnn.forward(furnished).data<float>().ToArray();
        for (int f = 0; f < expected.Length; f++) Assert.Equal(expected[f], found[f], 1e-5f);
        // In a batch each sample keeps to its own mean.
        float[] together = cnn.Scale(cat([empty, furnished], 0), [5, 5]).data<float>().ToArray();
        for (int i = 0; i < 320; i++) Assert.Equal(together[i], together[320 + i], 1e-5f);
    }

    [Fact]
    public void Normalising_a_sample_leaves_the_same_features_whatever_the_gain_and_the_level()
    {
        using var scope = NewDisposeScope();
        using var cnn = new RadarCnn(coordinates: true, new RadarPreparation(false, false, NormaliseSample: true), mean: 0, deviation: 1);
        Tensor sample = tensor(FormulaTensors.Values(4, 5 * 64), [5, 1, 8, 8]);
        Tensor louder = sample * 3 + 7;
        float[] expected = cnn.forward(sample).data<float>().ToArray(), found = cnn.forward(louder).data<float>().ToArray();
        for (int f = 0; f < expected.Length; f++) Assert.Equal(expected[f], found[f], 1e-4f);
        Assert.All(cnn.forward(full([5, 1, 8, 8], 3f)).data<float>().ToArray(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Input_dropout_hides_features_while_learning_and_none_afterwards()
    {
        using var scope = NewDisposeScope();
        using LateFusion plain = Model();
        using var dropping = new LateFusion(10, 8, 2, 0, 4, inputDropout: 0.999999);
        FormulaTensors.Fill(dropping, 0.5f);
        Tensor x = tensor(FormulaTensors.Values(7, 60), [1, 6, 10]), lengths = tensor(new long[] { 6 });
        dropping.train();
        float[] hidden = dropping.forward(x, lengths).data<float>().ToArray();
        float[] nothing = Logits(plain, zeros_like(x), lengths), everything = Logits(plain, x, lengths);
        for (int k = 0; k < 4; k++) Assert.Equal(nothing[k], hidden[k], 1e-5f);
        Assert.Contains(Enumerable.Range(0, 4), k => Math.Abs(nothing[k] - everything[k]) > 1e-3f);
        dropping.eval();
        float[] afterwards = Logits(dropping, x, lengths);
        for (int k = 0; k < 4; k++) Assert.Equal(everything[k], afterwards[k], 1e-5f);
    }

    [Fact]
    public void Modality_dropout_shows_rgb_alone_radar_alone_or_both_and_never_neither()
    {
        using var scope = NewDisposeScope();
        using LateFusion plain = Model();
        using var dropping = new LateFusion(10, 8, 2, 0, 4, modalityDropout: 0.6, rgbWidth: 7);
        FormulaTensors.Fill(dropping, 0.5f);
        Tensor x = tensor(FormulaTensors.Values(7, 60), [1, 6, 10]), lengths = tensor(new long[] { 6 });
        Tensor rgb = x.clone(), radar = x.clone();
        rgb[.., .., 7..].zero_();
        radar[.., .., ..7].zero_();
        float[][] expected = [Logits(plain, x, lengths), Logits(plain, rgb, lengths), Logits(plain, radar, lengths)];
        int[] seen = new int[3];
        dropping.train();
        manual_seed(1);
        for (int draw = 0; draw < 300; draw++)
        {
            float[] found = dropping.forward(x, lengths).data<float>().ToArray();
            seen[Array.FindIndex(expected, e => e.Zip(found).All(p => Math.Abs(p.First - p.Second) < 1e-5f))]++; // throws for neither
        }
        // Binomial, 300 draws: 120 ± 4 standard deviations of 8.5 show both, 90 ± 4 × 7.9 each one alone.
        Assert.InRange(seen[0], 86, 154);
        Assert.InRange(seen[1], 58, 122);
        Assert.InRange(seen[2], 58, 122);
    }

    [Fact]
    public void Weight_decay_shrinks_a_value_by_rate_times_decay_beside_adams_first_step()
    {
        // Adam's first step is the learning rate in the gradient's direction, whatever the gradient's size.
        using var scope = NewDisposeScope();
        var value = new TorchSharp.Modules.Parameter(tensor(new float[] { 2, -3 }));
        using var adam = new Gesto.Training.Adam([("value", value)], learningRate: 0.01, weightDecay: 0.1);
        (value * tensor(new float[] { 5, -0.2f })).sum().backward();
        adam.Step();
        float[] moved = value.data<float>().ToArray();
        Assert.Equal(2 * (1 - 0.01f * 0.1f) - 0.01f, moved[0], 1e-5f);
        Assert.Equal(-3 * (1 - 0.01f * 0.1f) + 0.01f, moved[1], 1e-5f);
    }

    [Fact]
    public void The_source_encoder_depends_on_its_seed_alone()
    {
        float[] Features(int seed)
        {
            using var scope = NewDisposeScope();
            rand(seed + 3); // whatever ran before
            using RadarCnn cnn = RadarCnn.Source(seed);
            return cnn.forward(ones(1, 3, 8, 8).mul_(tensor(200f))).data<float>().ToArray();
        }
        Assert.Equal(Features(5), Features(5));
        Assert.NotEqual(Features(5), Features(6));
        Assert.Equal(96, Features(5).Length);
    }

    private static LateFusion Model()
    {
        var model = new LateFusion(width: 10, hidden: 8, layers: 2, dropout: 0, classes: 4);
        FormulaTensors.Fill(model, 0.5f);
        return model;
    }

    private static float[] Logits(LateFusion model, Tensor x, Tensor lengths) => model.forward(x, lengths).data<float>().ToArray();
}
