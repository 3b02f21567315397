using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Graphs;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Tests.Models;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Export;

/// <summary>The exported graphs against the modules they were written from, at random weights.</summary>
[Collection(AloneWithLibtorch.Name)]
public class OnnxParityTests
{
    private const int Classes = 7,
        Antennas = 3;

    private static readonly int[] Lengths = [1, 2, 7, 30];

    private const string AllThree = " of all three";

    /// <summary>Every recipe of ours that is a network.</summary>
    private static string[] Recipes =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "recipes"), "*.json")
                .Select(f => Path.GetFileNameWithoutExtension(f))
                .Where(n => RecipeFile.Load(n) is { Classifier: ClassifierKind.Network, Members.Count: 0 })
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>And those of them that can be of three modalities as such.</summary>
    public static TheoryData<string> Classifiers => [.. Recipes, "late-fusion" + AllThree, "attention" + AllThree];

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void A_classifier_says_the_same_whatever_the_lengths_and_what_is_hidden(string name)
    {
        using var scope = NewDisposeScope();
        (Recipe recipe, RunFacts facts) = Make(name);
        using SignModel model = ModelFactory.Sign(
            recipe,
            facts,
            facts.Streams.Select((m, stream) => Statistics(m == Modality.Rgb ? 1u : 2, stream.Width))
        );
        Randomise(model);
        byte[] written = model.ToOnnx(name);
        using InferenceSession session = OpenChecked(written);
        var masks = ModalityMask.Subsets([.. facts.Streams.Modalities], allOnly: false, antennas: 1).ToList();
        if (recipe.Uses(Modality.Radar) && facts.Antennas > 1)
            masks.Add(ModalityMask.All.Hiding(1));
        uint seed = 10;
        foreach (int others in Lengths)
        foreach (int radar in Lengths)
        foreach (ModalityMask mask in masks)
        {
            PerModality<float[]> given = facts.Streams.Select(
                (m, stream) => FormulaTensors.Values(seed++, (m == Modality.Radar ? radar : others) * stream.Width)
            );
            float[] expected = model
                .Classify(
                    given.Select(
                        (m, values) =>
                        {
                            int width = facts.Streams[m]!.Width,
                                length = values.Length / width;
                            return new ModalitySteps(tensor(values, [1, length, width]), [length]);
                        }
                    ),
                    mask
                )
                .data<float>()
                .ToArray();
            float[] found = Run(session, facts, given, mask);
            for (int k = 0; k < Classes; k++)
                Assert.Equal(expected[k], found[k], 1e-4f);
        }
    }

    [Fact]
    public void A_batch_of_different_lengths_says_what_each_says_alone()
    {
        using var scope = NewDisposeScope();
        (Recipe recipe, RunFacts facts) = Make("late-fusion");
        using SignModel model = ModelFactory.Sign(recipe, facts);
        Randomise(model);
        using InferenceSession session = OpenChecked(model.ToOnnx("a"));
        int[] rgb = [5, 0, 30],
            radar = [3, 12, 0];
        float[] a = FormulaTensors.Values(1, 3 * 30 * facts.RgbWidth),
            b = FormulaTensors.Values(2, 3 * 12 * facts.RadarWidth);
        float[] expected = model
            .Classify(
                PerModality.Of<ModalitySteps>(
                    new(tensor(a, [3, 30, facts.RgbWidth]), rgb),
                    new(tensor(b, [3, 12, facts.RadarWidth]), radar)
                )
            )
            .data<float>()
            .ToArray();
        using OrtValue x = OnnxSession.Wrap(a, 3, 30, facts.RgbWidth),
            y = OnnxSession.Wrap(b, 3, 12, facts.RadarWidth),
            n = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(rgb, v => (long)v), [3]),
            m = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(radar, v => (long)v), [3]),
            shown = OnnxSession.Wrap([1, 1, 1], 3);
        using var options = new RunOptions();
        var found = new float[3 * Classes];
        using OrtValue output = OnnxSession.Wrap(found, 3, Classes);
        session.Run(
            options,
            ["rgb", "rgb_lengths", "radar", "radar_lengths", "antennas"],
            [x, n, y, m, shown],
            ["logits"],
            [output]
        );
        for (int i = 0; i < found.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-4f);
    }

    public static TheoryData<string> EncoderRecipes => [.. Recipes.Where(n => RecipeFile.Load(n).Uses(Modality.Radar))];

    [Theory]
    [MemberData(nameof(EncoderRecipes))]
    public void A_radar_encoder_makes_the_same_features_of_every_length(string name)
    {
        using var scope = NewDisposeScope();
        (Recipe recipe, RunFacts facts) = Make(name);
        using FrameEncoder encoder = ModelFactory.Radar(recipe, facts.Radar!, mean: 2, deviation: 3);
        Randomise(encoder);
        foreach (int length in Lengths)
            Same(encoder, facts.Radar!.Shape[1..], length, scale: name == "rtm" ? 20 : 100);
    }

    [Theory]
    [InlineData("early")]
    [InlineData("end-to-end")]
    [InlineData("last-stage")]
    public void An_RGB_encoder_that_learnt_with_the_model_too(string name)
    {
        using var scope = NewDisposeScope();
        (Recipe recipe, RunFacts facts) = Make(name);
        using FrameEncoder encoder = ModelFactory.Rgb(recipe, facts.Rgb!);
        Randomise(encoder);
        foreach (int length in (int[])[1, 3])
            Same(encoder, facts.Rgb!.Shape[1..], length, scale: name == "last-stage" ? 1 : 127);
    }

    /// <summary>What the module says, and its graph; as far apart as float32 allows for the values there are.</summary>
    private static void Same(FrameEncoder encoder, int[] shape, int length, float scale)
    {
        float[] frames =
        [
            .. FormulaTensors
                .Values((uint)length, length * shape.Aggregate(1, (a, b) => a * b))
                .Select(v => scale * (v + 1)),
        ];
        float[] expected = encoder.EncodeSample(tensor(frames, [length, .. shape.Select(n => (long)n)]));
        var graph = new OnnxGraph("encoder");
        graph.Input("frames", shape);
        graph.Output(encoder.Write(graph, "frames", shape), "features", "T", "F");
        using InferenceSession session = OpenChecked(graph.ToModel());
        using OrtValue input = OnnxSession.Wrap(frames, [length, .. shape.Select(n => (long)n)]);
        using var options = new RunOptions();
        var found = new float[expected.Length];
        using OrtValue output = OnnxSession.Wrap(found, length, expected.Length / length);
        session.Run(options, ["frames"], [input], ["features"], [output]);
        float largest = Math.Max(1, expected.Max(MathF.Abs));
        Assert.True(expected.All(float.IsFinite));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-4f * largest);
    }

    /// <summary>As a bundle's, which must not refuse it.</summary>
    private static InferenceSession OpenChecked(byte[] model)
    {
        NetworkCheck.Check(new MemoryStream(model), "this");
        return OnnxSession.Open(model, threads: 1);
    }

    private static float[] Run(InferenceSession session, RunFacts facts, PerModality<float[]> given, ModalityMask mask)
    {
        var names = new List<string>();
        var values = new List<OrtValue>();
        foreach ((Modality modality, float[] steps) in given)
        {
            long width = facts.Streams[modality]!.Width,
                length = steps.Length / width;
            names.AddRange([modality.Name, $"{modality}_lengths"]);
            values.Add(OnnxSession.Wrap(steps, 1, length, width));
            values.Add(OrtValue.CreateTensorValueFromMemory([mask.Uses(modality) ? length : 0L], [1]));
        }
        if (facts.Streams[Modality.Radar] is not null && facts.Antennas > 1)
        {
            names.Add("antennas");
            values.Add(
                OnnxSession.Wrap(
                    [.. Enumerable.Range(0, facts.Antennas).Select(a => mask.HiddenAntennas.Contains(a) ? 0f : 1)],
                    facts.Antennas
                )
            );
        }
        using var options = new RunOptions();
        var logits = new float[Classes];
        using OrtValue output = OnnxSession.Wrap(logits, 1, Classes);
        session.Run(options, names, values, ["logits"], [output]);
        values.ForEach(v => v.Dispose());
        return logits;
    }

    /// <summary>Small frames where the recipe lets them be; its networks as they are.</summary>
    private static (Recipe, RunFacts) Make(string name)
    {
        Recipe recipe = RecipeFile.Load(
            name.Replace(AllThree, "", StringComparison.Ordinal),
            name.EndsWith(AllThree, StringComparison.Ordinal) ? ["modalities=[\"rgb\",\"radar\",\"landmarks\"]"] : []
        );
        int antennas = name == "gestures" ? 1 : Antennas;
        int[] radar = name == "rtm" ? [30, antennas, 64, 1] : [30, antennas, 16, 32],
            rgb = recipe.Rgb.Encoder switch
            {
                RgbEncoderMode.LastStage => [30, 1024, 14, 14],
                RgbEncoderMode.Frames => [30, 3, 32, 32],
                _ => [30, 40],
            };
        if (recipe.Model.Fusion == FusionMode.Early)
            rgb = [30, 3, 32, 32];
        RunFacts facts = TinyFacts.Of(0, 0, antennas, Classes, rgb, radar);
        return (
            recipe,
            facts with
            {
                Streams = facts
                    .Keys.With(
                        Modality.Landmarks,
                        facts.Keys[Modality.Rgb]! with
                        {
                            Shape = [30, LandmarkFeatures.Width],
                        }
                    )
                    .Where(recipe.Uses)
                    .Select(
                        (modality, key) =>
                        {
                            if (modality == Modality.Rgb)
                                key = key with { Encoder = rgb.Length == 2 ? "planted" : "resnet50-v1-maps" };
                            return new StreamFacts(key, ModelFactory.Width(recipe, modality, key));
                        }
                    ),
            }
        );
    }

    private static FeatureStatistics Statistics(uint seed, int width) =>
        new(FormulaTensors.Values(seed, width), [.. FormulaTensors.Values(seed + 50, width).Select(v => v + 2)]);

    /// <summary>Parameters and running statistics that no initialisation has; in evaluation mode.</summary>
    private static void Randomise(nn.Module module)
    {
        using var noGradients = no_grad();
        uint seed = 100;
        foreach ((string name, Tensor buffer) in module.named_buffers())
        {
            if (!buffer.is_floating_point() || !name.Contains("running", StringComparison.Ordinal))
                continue;
            bool variance = name.EndsWith("running_var", StringComparison.Ordinal);
            float[] values =
            [
                .. FormulaTensors.Values(seed++, (int)buffer.numel()).Select(v => variance ? v + 1.5f : v / 2),
            ];
            buffer.copy_(tensor(values, buffer.shape));
        }
        foreach ((string name, var parameter) in module.named_parameters())
        {
            float scale = parameter.dim() > 1 ? MathF.Sqrt(2f / (parameter.numel() / parameter.shape[0])) : 0.3f;
            float[] values = [.. FormulaTensors.Values(seed++, (int)parameter.numel()).Select(v => v * scale)];
            parameter.copy_(tensor(values, parameter.shape));
        }
        module.eval();
    }
}
