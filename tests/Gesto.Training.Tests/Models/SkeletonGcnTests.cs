using System.Numerics;
using Gesto.Landmarks;
using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

/// <summary>The graph against distances that features hold by themselves; the model against its formula, and what
/// every temporal model must keep.</summary>
[Collection(AloneWithLibtorch.Name)]
public class SkeletonGcnTests
{
    private const int Classes = 4,
        Nodes = 53;

    private static readonly int[] Lengths = [4, 1, 6];

    [Fact]
    public void Bones_of_hands_are_as_long_as_the_distances_between_their_joints()
    {
        var random = new Random(4);
        var clip = new LandmarkClip([.. Enumerable.Range(0, 258).Select(_ => random.NextSingle())], 1);
        (clip.Values[132 + 1], clip.Values[132 + 63 + 1]) = (1, 0); // the right hand is higher: it signs
        float[] step = LandmarkFeatures.Of(clip);
        Vector3[] places =
        [
            .. SkeletonGraph.Coordinates.Chunk(3).Select(at => new Vector3([.. at.Select(f => f < 0 ? 0 : step[f])])),
        ];
        float[] bones = SkeletonGraph.Bones();
        Vector3 Bone(int node) =>
            Enumerable
                .Range(0, Nodes)
                .Aggregate(Vector3.Zero, (sum, other) => sum + bones[node * Nodes + other] * places[other]);
        int[] before = [0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19];
        for (int hand = 0; hand < 2; hand++)
        for (int joint = 1; joint < 21; joint++)
        {
            // The step's distances come pair by pair after 20 joints: (0, 1) … (0, 20), (1, 2) …
            int a = before[joint],
                pair = Enumerable.Range(0, a).Sum(i => 20 - i) + joint - a - 1;
            Assert.Equal(
                step[LandmarkFeatures.HandStart(hand) + 60 + pair],
                Bone(7 + 23 * hand + joint).Length(),
                1e-4f
            );
        }
        // Upper arms, in shoulder widths; the wrist that the hand's network found, from that of the body's.
        float unit = Vector2.Distance(Body(11), Body(12));
        Assert.Equal(Vector2.Distance(Body(11), Body(13)) / unit, Bone(3).Length(), 1e-4f);
        Assert.Equal(Vector2.Distance(Body(14), Body(16)) / unit, Bone(6).Length(), 1e-4f);
        var wrist = new Vector2(clip.Values.AsSpan(132 + 63, 2));
        Assert.Equal(Vector2.Distance(wrist, Body(16)) / unit, Bone(7 + 23).Length(), 1e-4f);
        Vector2 Body(int joint) => new(clip.Values.AsSpan(4 * joint, 2));
    }

    [Fact]
    public void Every_node_reaches_every_other_by_bones_and_takes_means_of_its_neighbours()
    {
        float[] graph = SkeletonGraph.Adjacency();
        Assert.Equal(3 * Nodes * Nodes, graph.Length);
        Assert.All(graph.Chunk(Nodes), row => Assert.True(Math.Abs(row.Sum() - 1) < 1e-6 || row.Sum() == 0));
        var reached = new HashSet<int> { 0 };
        for (int last = 0; last < reached.Count; )
        {
            last = reached.Count;
            foreach (int node in reached.ToArray())
                for (int r = 1; r < 3; r++)
                for (int other = 0; other < Nodes; other++)
                    if (graph[(r * Nodes + node) * Nodes + other] > 0)
                        reached.Add(other);
        }
        Assert.Equal(Nodes, reached.Count);
        // Seen from its end and from its start, a bone is the same bone.
        for (int a = 0; a < Nodes; a++)
        for (int b = 0; b < Nodes; b++)
            Assert.Equal(graph[(Nodes + a) * Nodes + b] > 0, graph[(2 * Nodes + b) * Nodes + a] > 0);
    }

    /// <summary>In double precision, by libtorch's own convolution.</summary>
    [Fact]
    public void A_block_is_a_graph_convolution_and_one_over_time_of_each_channel()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        manual_seed(2);
        const int width = 6;
        using var block = new SkeletonBlock(width, 0);
        FormulaTensors.Fill(block, 0.5f);
        block.eval();
        var p = block.named_parameters().ToDictionary(e => e.name, e => e.parameter.to(ScalarType.Float64));
        Tensor x = randn(2, 7, Nodes, width);
        int[] lengths = [7, 3];
        Tensor found = block.Mix(x, lengths);
        Tensor graph = p["learnt"].add(tensor(SkeletonGraph.Adjacency(), 3, Nodes, Nodes).to(ScalarType.Float64));
        for (int b = 0; b < 2; b++)
        {
            Tensor one = x[b, ..lengths[b]].to(ScalarType.Float64),
                normed = nn.functional.layer_norm(one, [width], p["norm.weight"], p["norm.bias"]);
            Tensor inside = einsum("rvu,tuf,grf->tvg", graph, normed, p["wide.weight"].view(width, 3, width));
            inside = nn.functional.gelu(inside.add(p["wide.bias"]));
            Tensor moved = nn.functional.conv1d(
                inside.permute(1, 2, 0),
                p["kernel"].t().unsqueeze(1).contiguous(),
                padding: 2,
                groups: width
            );
            Tensor expected = one.add(
                nn.functional.linear(nn.functional.gelu(moved).permute(2, 0, 1), p["narrow.weight"], p["narrow.bias"])
            );
            double apart = expected.sub(found[b, ..lengths[b]]).abs().max().item<double>();
            Assert.True(apart < 1e-5, $"{apart}");
        }
    }

    [Fact]
    public void Padding_batch_mates_and_order_change_no_logit()
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model();
        ModalitySteps steps = Steps();
        float[] together = Logits(model, steps);
        ModalitySteps dirty = steps with { Steps = steps.Steps.clone() };
        for (int b = 0; b < Lengths.Length; b++)
            if (Lengths[b] < 6)
                dirty.Steps[b, Lengths[b]..] = tensor(float.NaN);
        Assert.Equal(together, Logits(model, dirty));
        for (int b = 0; b < Lengths.Length; b++)
        {
            float[] alone = Logits(model, new(steps.Steps[b..(b + 1), ..Lengths[b]], [Lengths[b]]));
            for (int k = 0; k < Classes; k++)
                Assert.Equal(alone[k], together[b * Classes + k], 1e-5f);
        }
    }

    [Fact]
    public void Every_parameter_gets_a_finite_gradient_and_every_step_counts()
    {
        using var scope = NewDisposeScope();
        using SignModel model = Model(dropout: 0.2);
        model.train();
        ModalitySteps steps = Steps();
        steps.Steps.requires_grad_(true);
        Tensor logits = model.Classify(PerModality<ModalitySteps>.None.With(Modality.Landmarks, steps));
        nn.functional.cross_entropy(logits, tensor(new long[] { 0, 2, 1 })).backward();
        foreach ((string name, var parameter) in model.named_parameters())
        {
            float largest = parameter.grad?.abs().max().item<float>() ?? 0;
            Assert.True(float.IsFinite(largest) && largest > 0, $"{name}: {largest}");
        }
        for (int b = 0; b < Lengths.Length; b++)
        for (int t = 0; t < 6; t++)
            Assert.Equal(t < Lengths[b], steps.Steps.grad![b, t].abs().max().item<float>() > 0);
    }

    [Fact]
    public void Other_modalities_and_other_features_are_refused()
    {
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() =>
            RecipeFile.Load("late-fusion", ["model.temporal=skeletonGcn"])
        );
        Assert.Contains("model.temporal", refused.Message, StringComparison.Ordinal);
        Assert.Contains("[\"landmarks\"]", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SkeletonGcn(40, null, 8, 1, 0, 1));
    }

    private static SignModel Model(double dropout = 0)
    {
        Recipe recipe = RecipeFile.Load("skeleton-gcn");
        recipe = recipe with { Model = recipe.Model with { Hidden = 8, Dropout = dropout } };
        manual_seed(5);
        var facts = TinyFacts.Of(1, 1, 1, Classes);
        var stream = facts.Streams[Modality.Rgb]!;
        SignModel model = ModelFactory.Sign(
            recipe,
            facts with
            {
                Streams = PerModality<Runs.StreamFacts>.None.With(
                    Modality.Landmarks,
                    stream with
                    {
                        Width = LandmarkFeatures.Width,
                    }
                ),
            }
        );
        model.eval();
        return model;
    }

    private static ModalitySteps Steps() => ModelContractTests.Steps(3, Lengths, LandmarkFeatures.Width);

    private static float[] Logits(SignModel model, ModalitySteps steps) =>
        model.Classify(PerModality<ModalitySteps>.None.With(Modality.Landmarks, steps)).data<float>().ToArray();
}
