using Gesto.Encoders;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

[Collection(AloneWithLibtorch.Name)]
public class RadarEncoderContractTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_parameter_of_the_encoder_gets_a_finite_gradient(bool coordinates)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var encoder = new RadarCnn(
            coordinates,
            new RadarPreparation(Logarithm: true, false, false),
            mean: 1,
            deviation: 2
        );
        using var model = new RadarClassifier(encoder, antennas: 2, new RadarRecipe { Hidden = 8 }, classes: 3);
        Tensor frames = tensor(FormulaTensors.Values(3, 5 * 2 * 8 * 8).Select(v => v + 1).ToArray(), [5, 2, 8, 8]);
        Tensor logits = model.Classify(
            frames,
            [3, 2],
            new AugmentationRecipe { GainSpread = 0.2, Noise = 0.1 },
            new Random(1)
        );
        Assert.Equal([2, 3], logits.shape);
        nn.functional.cross_entropy(logits, tensor(new long[] { 0, 2 })).backward();
        foreach ((string name, var parameter) in model.named_parameters())
        {
            Assert.True(parameter.grad is not null, name);
            float largest = parameter.grad!.abs().max().item<float>();
            Assert.True(float.IsFinite(largest), name);
            // A bias before batch norm is taken out again by it, so only conv2's may vanish; the LSTM has two equal
            // biases.
            Assert.True(largest > 0, $"{name} gets no gradient");
        }
    }

    public static TheoryData<string> Encoders =>
        [
            "radar frontEnd=rangeDoppler",
            "radar frontEnd=rangeDoppler,removeStatic=true,normaliseSample=true",
            "radar frontEnd=microDoppler",
            "radar frontEnd=rangeTime,cadences=4",
            "rgb",
        ];

    [Theory]
    [MemberData(nameof(Encoders))]
    public void A_gpu_gives_the_processors_logits_and_gradients(string which)
    {
        Device gpu = Gpu.OrSkip();
        using var scope = NewDisposeScope();
        int[] lengths = [3, 2];
        using RadarClassifier here = Make(),
            there = Make().to(gpu);
        Tensor frames = tensor(
            FormulaTensors.Values(3, 5 * 2 * 256).Select(v => 100 * v + 128).ToArray(),
            [5, 2, 16, 16]
        );
        Tensor expected = here.Classify(frames, lengths, null, null),
            found = there.Classify(frames.to(gpu), lengths, null, null);
        Gpu.Near(expected, found);
        Tensor target = tensor(new long[] { 0, 2 });
        nn.functional.cross_entropy(expected, target).backward();
        nn.functional.cross_entropy(found, target.to(gpu)).backward();
        foreach (((string name, var own), (_, var other)) in here.named_parameters().Zip(there.named_parameters()))
            Gpu.Near(own.grad!, other.grad!, name);
        Assert.Equal(
            DeviceType.CUDA,
            there
                .Classify(
                    frames.to(gpu),
                    lengths,
                    new AugmentationRecipe
                    {
                        GainSpread = 0.2,
                        Noise = 0.1,
                        RangeMasking = 0.5,
                    },
                    new Random(1)
                )
                .device_type
        );

        RadarClassifier Make()
        {
            FeatureKey key = TinyFacts.Of(16, 16, 2, 3, [30, 2, 16, 16], [30, 2, 16, 16]).Radar!;
            Recipe recipe =
                which == "rgb"
                    ? new Recipe { Rgb = new RgbRecipe { Encoder = RgbEncoderMode.Frames } }
                    : RecipeFile.Parse(
                        "{}",
                        "x",
                        [.. which["radar ".Length..].Split(',').Select(s => "radar." + s), "radar.dropout=0"]
                    );
            manual_seed(4);
            FrameEncoder encoder =
                which == "rgb" ? ModelFactory.Rgb(recipe, key) : ModelFactory.Radar(recipe, key, 1, 2);
            // learning: cuDNN asks for it
            return new RadarClassifier(encoder, antennas: 2, new RadarRecipe { Hidden = 8, Dropout = 0 }, classes: 3);
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
        using var cnn = new RadarCnn(
            coordinates: true,
            new RadarPreparation(false, RemoveStatic: true, false),
            mean: 0,
            deviation: 1
        );
        Tensor empty = tensor(FormulaTensors.Values(4, 5 * 64), [5, 1, 8, 8]);
        Tensor furnished = empty + tensor(FormulaTensors.Values(5, 64), [1, 1, 8, 8]);
        float[] expected = cnn.forward(empty).data<float>().ToArray(),
            found = cnn.forward(furnished).data<float>().ToArray();
        for (int f = 0; f < expected.Length; f++)
            Assert.Equal(expected[f], found[f], 1e-5f);
        // In a batch each sample keeps to its own mean.
        float[] together = cnn.Scale(cat([empty, furnished], 0), [5, 5]).data<float>().ToArray();
        for (int i = 0; i < 320; i++)
            Assert.Equal(together[i], together[320 + i], 1e-5f);
    }

    [Fact]
    public void Normalising_a_sample_leaves_the_same_features_whatever_the_gain_and_the_level()
    {
        using var scope = NewDisposeScope();
        using var cnn = new RadarCnn(
            coordinates: true,
            new RadarPreparation(false, false, NormaliseSample: true),
            mean: 0,
            deviation: 1
        );
        Tensor sample = tensor(FormulaTensors.Values(4, 5 * 64), [5, 1, 8, 8]);
        Tensor louder = sample * 3 + 7;
        float[] expected = cnn.forward(sample).data<float>().ToArray(),
            found = cnn.forward(louder).data<float>().ToArray();
        for (int f = 0; f < expected.Length; f++)
            Assert.Equal(expected[f], found[f], 1e-4f);
        Assert.All(cnn.forward(full([5, 1, 8, 8], 3f)).data<float>().ToArray(), v => Assert.True(float.IsFinite(v)));
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
}
