using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

/// <summary>What every fusion with every temporal model must keep.</summary>
[Collection(AloneWithLibtorch.Name)]
public class ModelContractTests
{
    internal const int RgbWidth = 3 * 16 * 16,
        RadarWidth = 3 * 4 * 4,
        Classes = 4;

    /// <summary>Early fusion takes steps for frames.</summary>
    private static readonly int[] RgbShape = [30, 3, 16, 16],
        RadarShape = [30, 3, 4, 4];

    /// <summary>RGB lengths, radar lengths: longer, shorter, equal, one step; each modality missing once.</summary>
    internal static readonly int[] RgbLengths = [4, 1, 6, 0, 3],
        RadarLengths = [2, 5, 6, 4, 0];

    /// <summary>Every fusion with every temporal model, those that have states with both ways to pool them.</summary>
    public static TheoryData<FusionMode, TemporalMode, StatePooling> Pairs
    {
        get
        {
            var pairs = new TheoryData<FusionMode, TemporalMode, StatePooling>();
            foreach (FusionMode fusion in Enum.GetValues<FusionMode>())
            foreach (TemporalMode temporal in Enum.GetValues<TemporalMode>())
            {
                if (temporal == TemporalMode.SkeletonGcn) // of landmarks alone: SkeletonGcnTests
                    continue;
                pairs.Add(fusion, temporal, StatePooling.Last);
                if (temporal is TemporalMode.Lstm or TemporalMode.BiLstm)
                    pairs.Add(fusion, temporal, StatePooling.MeanMax);
            }
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Padding_never_changes_a_logit(FusionMode fusion, TemporalMode temporal, StatePooling pooling)
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(fusion, temporal, pooling);
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        ModalitySteps Dirty(ModalitySteps clean, float value)
        {
            Tensor steps = clean.Steps.clone();
            for (int b = 0; b < clean.Lengths.Length; b++)
                if (clean.Lengths[b] < steps.shape[1])
                    steps[b, clean.Lengths[b]..] = tensor(value);
            return clean with { Steps = steps };
        }
        float[] expected = Logits(model, rgb, radar);
        Assert.Equal(expected, Logits(model, Dirty(rgb, 1e6f), Dirty(radar, float.NaN)));
        Assert.Equal(expected, Logits(model, Dirty(rgb, float.NaN), Dirty(radar, -1e6f)));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_longer_batch_mate_changes_no_logit(FusionMode fusion, TemporalMode temporal, StatePooling pooling)
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(fusion, temporal, pooling);
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        float[] together = Logits(model, rgb, radar);
        for (int b = 0; b < RgbLengths.Length; b++)
        {
            // Alone, and no wider than it is long.
            ModalitySteps One(ModalitySteps of) =>
                new(of.Steps[b..(b + 1), ..Math.Max(1, of.Lengths[b])], [of.Lengths[b]]);
            float[] alone = Logits(model, One(rgb), One(radar));
            // Matrix products of another height may sum in another order: float32 rounding, nothing more.
            for (int k = 0; k < Classes; k++)
                Assert.Equal(alone[k], together[b * Classes + k], 1e-5f);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void The_order_of_a_batch_orders_its_logits_and_nothing_else(
        FusionMode fusion,
        TemporalMode temporal,
        StatePooling pooling
    )
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(fusion, temporal, pooling);
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        ModalitySteps Flip(ModalitySteps of) => new(of.Steps.flip(0), [.. of.Lengths.Reverse()]);
        float[][] forwards = [.. Logits(model, rgb, radar).Chunk(Classes)],
            backwards = [.. Logits(model, Flip(rgb), Flip(radar)).Chunk(Classes)];
        for (int b = 0; b < forwards.Length; b++)
        for (int k = 0; k < Classes; k++)
            Assert.Equal(forwards[b][k], backwards[^(b + 1)][k], 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_parameter_gets_a_finite_gradient_and_every_step_counts(
        FusionMode fusion,
        TemporalMode temporal,
        StatePooling pooling
    )
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(fusion, temporal, pooling, dropout: 0.2);
        model.train();
        manual_seed(3);
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        rgb.Steps.requires_grad_(true);
        radar.Steps.requires_grad_(true);
        Tensor logits = model.Classify(PerModality.Of(rgb, radar), mixing: new Mixing([4, 3, 2, 1, 0], 0.7));
        Assert.Equal([RgbLengths.Length, Classes], logits.shape);
        nn.functional.cross_entropy(logits, tensor(new long[] { 0, 2, 1, 3, 1 })).backward();
        foreach ((string name, var parameter) in model.named_parameters())
        {
            Assert.True(parameter.grad is not null, name);
            float largest = parameter.grad!.abs().max().item<float>();
            Assert.True(float.IsFinite(largest), name);
            Assert.True(largest > 0, $"{name} gets no gradient");
        }
        foreach (ModalitySteps steps in new[] { rgb, radar })
            for (int b = 0; b < steps.Lengths.Length; b++)
            for (int t = 0; t < steps.Steps.shape[1]; t++)
                if (t >= steps.Lengths[b])
                    Assert.Equal(0, steps.Steps.grad![b, t].abs().max().item<float>());
        model.eval();
        float[] before = Logits(model, rgb, radar);
        foreach (ModalitySteps steps in new[] { rgb, radar })
        {
            Tensor last = steps.Steps.detach().clone();
            last[2, 5] = last[2, 5] + 3; // the sample in which both modalities are whole
            var changed = steps with { Steps = last };
            float[] after = ReferenceEquals(steps, rgb) ? Logits(model, changed, radar) : Logits(model, rgb, changed);
            Assert.Contains(Enumerable.Range(2 * Classes, Classes), i => Math.Abs(before[i] - after[i]) > 1e-5f);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_gpu_gives_the_processors_logits_and_gradients(
        FusionMode fusion,
        TemporalMode temporal,
        StatePooling pooling
    )
    {
        Device gpu = Gpu.OrSkip();
        using var scope = NewDisposeScope();
        (ModalitySteps rgb, ModalitySteps radar) = Batch();
        using SignModel here = Model(fusion, temporal, pooling),
            there = Model(fusion, temporal, pooling, modalityDropout: 0.5, antennaDropout: 0.5).to(gpu);
        ModalitySteps On(ModalitySteps of) => of with { Steps = of.Steps.to(gpu) };
        var mixing = new Mixing([4, 3, 2, 1, 0], 0.7);
        Tensor target = tensor(new long[] { 0, 2, 1, 3, 1 });
        Tensor expected = here.Classify(PerModality.Of(rgb, radar), mixing: mixing),
            found = there.Classify(PerModality.Of(On(rgb), On(radar)), mixing: mixing);
        Gpu.Near(expected, found);
        if (temporal is TemporalMode.Lstm or TemporalMode.BiLstm)
            foreach (nn.Module lstm in there.modules().Where(m => m is TorchSharp.Modules.LSTM))
                lstm.train(); // cuDNN learns in training mode only
        found = there.Classify(PerModality.Of(On(rgb), On(radar)), mixing: mixing);
        nn.functional.cross_entropy(expected, target).backward();
        nn.functional.cross_entropy(found, target.to(gpu)).backward();
        foreach (((string name, var own), (_, var other)) in here.named_parameters().Zip(there.named_parameters()))
            Gpu.Near(own.grad!, other.grad!, name);
        there.eval();
        var mask = ModalityMask.All.Hiding(1);
        Gpu.Near(
            here.Classify(PerModality.Of(rgb, radar), mask),
            there.Classify(PerModality.Of(On(rgb), On(radar)), mask)
        );
        there.train(); // last: learning moves early fusion's batch statistics
        Assert.Equal(
            DeviceType.CUDA,
            there
                .Classify(
                    PerModality.Of(
                        On(rgb with { Lengths = [4, 1, 6, 2, 3] }),
                        On(radar with { Lengths = [2, 5, 6, 4, 1] })
                    )
                )
                .device_type
        );
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_masked_modality_is_a_missing_one_and_a_hidden_antenna_counts_for_nothing(
        FusionMode fusion,
        TemporalMode temporal,
        StatePooling pooling
    )
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(fusion, temporal, pooling);
        ModalitySteps rgb = Steps(1, [4, 2, 6], RgbWidth),
            radar = Steps(2, [3, 5, 6], RadarWidth);
        ModalitySteps Missing(ModalitySteps of) => of with { Lengths = [0, 0, 0] };
        Assert.Equal(
            Logits(model, Missing(rgb), radar),
            Logits(model, rgb, radar, ModalityMask.All.Without(Modality.Rgb))
        );
        Assert.Equal(
            Logits(model, rgb, Missing(radar)),
            Logits(model, rgb, radar, ModalityMask.All.Without(Modality.Radar))
        );
        ModalitySteps other = radar with { Steps = radar.Steps.clone() };
        other.Steps[.., .., 16..32] = tensor(7f); // the second of three antennas
        var mask = ModalityMask.All.Hiding(1);
        Assert.Equal(Logits(model, rgb, radar, mask), Logits(model, rgb, other, mask));
        Assert.NotEqual(Logits(model, rgb, radar), Logits(model, rgb, radar, mask));
        Assert.Throws<ArgumentException>(() =>
            Logits(model, Missing(rgb), radar, ModalityMask.All.Without(Modality.Radar))
        );
    }

    [Fact]
    public void Parts_of_a_clip_share_a_step_that_lies_in_both_and_a_clip_shorter_than_its_parts_repeats_its_steps()
    {
        using var scope = NewDisposeScope();
        // Three steps in two parts: the middle one fills a third of each. One step in two parts: all of both.
        float[] shares = ClipParts.Shares([3, 1], 3, 2).data<float>().ToArray();
        float[] expected = [2 / 3f, 1 / 3f, 0, 0, 1 / 3f, 2 / 3f, 1, 0, 0, 1, 0, 0];
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], shares[i], 1e-6f);
    }

    [Fact]
    public void The_wide_map_adds_its_weights_times_the_means_of_the_clips_parts()
    {
        using var scope = NewDisposeScope();
        SignModel With(int parts)
        {
            var model = new SignModel(
                PerModality.Of(new ModalityInput(2, null, 0), null),
                new LateFusion(2),
                new LstmModel(2, 3, 1, 0),
                0,
                classes: 1,
                wideParts: parts
            );
            FormulaTensors.Fill(model, 0.5f);
            model.eval();
            return model;
        }
        using SignModel deep = With(0),
            both = With(2);
        float[] w = both.state_dict()["wide.weight"].data<float>().ToArray();
        // Four steps in two parts: means of the first two and of the last two.
        var steps = new ModalitySteps(tensor(new float[] { 1, 2, 3, 4, 5, 6, 7, 8 }, [1, 4, 2]), [4]);
        Assert.Equal(
            2 * w[0] + 3 * w[1] + 6 * w[2] + 7 * w[3],
            Logits(both, steps, null)[0] - Logits(deep, steps, null)[0],
            1e-4f
        );
    }

    [Fact]
    public void Gated_fusion_is_the_papers_formula()
    {
        using var scope = NewDisposeScope();
        using var fusion = new GatedFusion(2, 1, 1, AlignmentMode.Nearest);
        FormulaTensors.Fill(fusion, 1);
        var weights = fusion.named_parameters().ToDictionary(p => p.name, p => p.parameter.data<float>().ToArray());
        var rgb = new ModalitySteps(tensor(new[] { 0.3f, -0.8f }, [1, 1, 2]), [1]);
        var radar = new ModalitySteps(tensor(new[] { 1.5f }, [1, 1, 1]), [1]);
        float[] g = weights["gate.weight"];
        double z = 1 / (1 + Math.Exp(-(g[0] * 0.3 - g[1] * 0.8 + g[2] * 1.5 + weights["gate.bias"][0])));
        double expected =
            z * Math.Tanh(weights["rgb.weight"][0] * 0.3 - weights["rgb.weight"][1] * 0.8 + weights["rgb.bias"][0])
            + (1 - z) * Math.Tanh(weights["radar.weight"][0] * 1.5 + weights["radar.bias"][0]);
        Assert.Equal(expected, fusion.Fuse(PerModality.Of(rgb, radar)).Steps.item<float>(), 1e-6);
    }

    internal static SignModel Model(
        FusionMode fusion,
        TemporalMode temporal,
        StatePooling pooling,
        double dropout = 0,
        double modalityDropout = 0,
        double antennaDropout = 0
    )
    {
        var recipe = new Recipe
        {
            Model = new ModelRecipe
            {
                Fusion = fusion,
                Temporal = temporal,
                Pooling = pooling,
                FusionWidth = 8,
                Heads = 2,
                Hidden = 8,
                Layers = 2,
                WideParts = 2,
                Dropout = dropout,
                InputDropout = dropout,
                ModalityDropout = modalityDropout,
                AntennaDropout = antennaDropout,
            },
        };
        manual_seed(5);
        SignModel model = ModelFactory.Sign(
            recipe,
            TinyFacts.Of(RgbWidth, RadarWidth, antennas: 3, Classes, RgbShape, RadarShape)
        );
        model.eval();
        return model;
    }

    internal static (ModalitySteps, ModalitySteps) Batch() =>
        (Steps(1, RgbLengths, RgbWidth), Steps(2, RadarLengths, RadarWidth));

    internal static ModalitySteps Steps(uint seed, int[] lengths, int width)
    {
        int longest = lengths.Max();
        return new(
            tensor(FormulaTensors.Values(seed, lengths.Length * longest * width), [lengths.Length, longest, width]),
            lengths
        );
    }

    internal static float[] Logits(
        SignModel model,
        ModalitySteps? rgb,
        ModalitySteps? radar,
        ModalityMask? mask = null
    ) => model.Classify(PerModality.Of(rgb, radar), mask).data<float>().ToArray();
}
