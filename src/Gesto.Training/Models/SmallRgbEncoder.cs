using Gesto.Encoders;
using Gesto.Training.Graphs;
using Gesto.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Gesto.Training.Models;

/// <summary>Frames of one training sample for <see cref="SmallRgbEncoder.Train"/>.</summary>
/// <param name="Frames">(T, 112, 112, 3), RGB order, 0…255.</param>
/// <param name="Count">T ≥ 1.</param>
/// <param name="Label">0…K−1.</param>
public sealed record LabelledClip(byte[] Frames, int Count, int Label);

/// <summary>How the small encoder is trained.</summary>
public sealed record SmallRgbTraining
{
    public int Seed { get; init; } = 1;

    /// <summary>Threads of libtorch while it learns.</summary>
    public int Threads { get; init; } = 2;

    public int Epochs { get; init; } = 8;

    /// <summary>Clips a step.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Frames of a clip that a step sees, spread evenly from a random start: neighbours look alike.</summary>
    public int FramesPerClip { get; init; } = 6;

    /// <summary>Adam's.</summary>
    public double LearningRate { get; init; } = 1e-3;
}

/// <summary>The RGB encoder of last resort: a small CNN trained on the data set itself, where no ImageNet weights can
/// be had. Much weaker than ResNet50 on real video. One thread at a time.</summary>
/// <remarks>Four 3×3 convolutions of stride 2 (16, 32, 64, 128 channels) with group norm and ReLU, averaged into 2 × 2
/// cells, not one, so that a feature still says where in the picture something is. Trained as a bag of frames: the mean
/// over a clip's frames of linear logits, cross entropy on its sign.</remarks>
public sealed class SmallRgbEncoder : IRgbEncoder
{
    /// <summary>The name in feature keys.</summary>
    public const string EncoderName = "small-cnn";

    /// <summary>The file beside the features that it made.</summary>
    public const string FileName = "encoder.safetensors";

    /// <summary>Height and width of the frames it wants, pixels.</summary>
    public const int Side = 112;
    private const int FrameBytes = Side * Side * 3;

    /// <summary>Features a frame.</summary>
    internal const int Features = 128 * 2 * 2;
    private const int FramesPerCall = 32,
        Groups = 8;

    private readonly TorchSharp.Modules.Sequential network;

    private SmallRgbEncoder(TorchSharp.Modules.Sequential network)
    {
        this.network = network;
        network.eval();
        WeightsHash = TensorHash.Compute(EncoderName, Tensors());
    }

    public string Name => EncoderName;

    public string WeightsHash { get; }

    public string Preprocessing => "RGB/255 minus 0.5";

    public int Width => Features;

    public int InputSize => Side;

    /// <summary>The same clips, settings and threads give the same bits on the same machine.</summary>
    /// <param name="clips">Training samples only, all in memory: about 1.1 MB each at 30 frames.</param>
    /// <param name="classes">K.</param>
    /// <param name="training">Settings.</param>
    /// <param name="progress">Steps.</param>
    /// <param name="cancel">Stops between two steps.</param>
    public static SmallRgbEncoder Train(
        IReadOnlyList<LabelledClip> clips,
        int classes,
        SmallRgbTraining training,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfZero(clips.Count, nameof(clips));
        using TorchThreads own = TorchThreads.Use(training.Threads);
        var shuffle = new Random(training.Seed);
        TorchSharp.Modules.Sequential network = Network(channels: 3);
        using TorchSharp.Modules.Linear head = Linear(Features, classes, hasBias: false);
        Initialise([.. network.named_parameters(), .. head.named_parameters()], training.Seed);
        using optim.Optimizer adam = optim.Adam([.. network.parameters(), .. head.parameters()], training.LearningRate);
        int[] order = [.. Enumerable.Range(0, clips.Count)];
        int steps = (clips.Count + training.Batch - 1) / training.Batch;
        for (int step = 0; step < training.Epochs * steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            if (step % steps == 0)
                shuffle.Shuffle(order);
            LabelledClip[] batch =
            [
                .. order.Skip(step % steps * training.Batch).Take(training.Batch).Select(i => clips[i]),
            ];
            using DisposeScope scope = NewDisposeScope();
            Tensor features = network.call(Batch(batch, training.FramesPerClip, shuffle));
            Tensor logits = head.call(features).view(batch.Length, training.FramesPerClip, classes).mean([1]);
            Tensor labels = tensor(batch.Select(c => (long)c.Label).ToArray());
            adam.zero_grad();
            functional.cross_entropy(logits, labels).backward();
            adam.step();
            progress?.Report(
                new WorkProgress("train the small RGB encoder", step + 1, training.Epochs * steps, "steps")
            );
        }
        return new SmallRgbEncoder(network);
    }

    /// <exception cref="InvalidDataException">The file is not a small encoder's.</exception>
    public static SmallRgbEncoder Load(string path)
    {
        SafetensorsFile file = Safetensors.Load(path);
        TorchSharp.Modules.Sequential network = Network(channels: 3);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Tensor target) in network.state_dict())
        {
            if (
                !file.Tensors.TryGetValue(name, out NamedTensor? values)
                || !values.Shape.AsSpan().SequenceEqual(target.shape)
            )
                throw new InvalidDataException(
                    $"{path}: tensor '{name}' ({string.Join(',', target.shape)}) is missing or of another shape. It is not a small RGB encoder."
                );
            target.copy_(tensor(values.ToSingles(), values.Shape));
        }
        return new SmallRgbEncoder(network);
    }

    public void Save(string path) =>
        Safetensors.Save(path, Tensors(), new Dictionary<string, string> { ["encoder"] = EncoderName });

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        if (frames.Length != (long)count * FrameBytes || features.Length != (long)count * Width)
            throw new ArgumentException(
                $"{frames.Length} bytes and room for {features.Length} features do not make {count} frames.",
                nameof(frames)
            );
        using IDisposable noGradient = no_grad();
        for (int start = 0; start < count; start += FramesPerCall)
        {
            int n = Math.Min(FramesPerCall, count - start);
            using DisposeScope scope = NewDisposeScope();
            Tensor values = network.call(Scale(frames.Slice(start * FrameBytes, n * FrameBytes).ToArray(), n));
            values.data<float>().CopyTo(features.Slice(start * Width, n * Width));
        }
    }

    public void Dispose() => network.Dispose();

    /// <param name="channels">Of a frame.</param>
    /// <returns>(N, channels, H, W) → (N, 512).</returns>
    internal static TorchSharp.Modules.Sequential Network(int channels)
    {
        using IDisposable noGradient = no_grad();
        using Scalar one = 1,
            zero = 0;
        var layers = new List<Module<Tensor, Tensor>>();
        int inputs = channels;
        foreach (int outputs in (int[])[16, 32, 64, 128])
        {
            TorchSharp.Modules.GroupNorm norm = GroupNorm(Groups, outputs);
            // TorchSharp 0.107 leaves them as the memory was.
            norm.weight!.fill_(one);
            norm.bias!.fill_(zero);
            layers.AddRange([Conv2d(inputs, outputs, 3, stride: 2, padding: 1, bias: false), norm, ReLU()]);
            inputs = outputs;
        }
        return Sequential([.. layers, AdaptiveAvgPool2d([2, 2]), Flatten()]);
    }

    /// <summary>He et al.'s uniform initialisation for kernels, from a generator of its own: libtorch's global one is
    /// shared with whatever else runs in the process.</summary>
    private static void Initialise(
        IEnumerable<(string Name, TorchSharp.Modules.Parameter Parameter)> parameters,
        int seed
    )
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var generator = new Generator((ulong)seed);
        foreach ((_, TorchSharp.Modules.Parameter parameter) in parameters)
        {
            if (parameter.dim() == 1)
                continue; // norms start as the network makes them
            double bound = Math.Sqrt(6.0 * parameter.shape[0] / parameter.numel());
            using Scalar span = 2 * bound,
                half = bound; // held: see Fitting.Adam
            parameter.copy_(rand(parameter.shape, generator: generator).mul(span).sub(half));
        }
    }

    /// <summary>Clips → (clips × frames a clip, 3, 112, 112); a clip shorter than that repeats frames.</summary>
    private static Tensor Batch(LabelledClip[] clips, int framesPerClip, Random random)
    {
        var bytes = new byte[clips.Length * framesPerClip * FrameBytes];
        for (int i = 0; i < clips.Length * framesPerClip; i++)
        {
            LabelledClip clip = clips[i / framesPerClip];
            int frame = (int)((i % framesPerClip + random.NextDouble()) * clip.Count / framesPerClip);
            clip.Frames.AsSpan(frame * FrameBytes, FrameBytes).CopyTo(bytes.AsSpan(i * FrameBytes));
        }
        return Scale(bytes, clips.Length * framesPerClip);
    }

    private static Tensor Scale(byte[] frames, int count)
    {
        using Scalar full = 255f,
            half = 0.5f;
        return tensor(frames, count, Side, Side, 3)
            .permute(0, 3, 1, 2)
            .to(ScalarType.Float32)
            .div(full)
            .sub(half)
            .contiguous();
    }

    private List<NamedTensor> Tensors()
    {
        using DisposeScope scope = NewDisposeScope();
        return
        [
            .. network
                .state_dict()
                .Select(p =>
                    NamedTensor.From(p.Key, p.Value.detach().contiguous().data<float>().ToArray(), p.Value.shape)
                ),
        ];
    }

    /// <summary>Writes <see cref="Network"/>.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="network">Of <see cref="Network"/>.</param>
    /// <param name="frames">(N, C, rows, columns).</param>
    /// <param name="rows">H.</param>
    /// <param name="columns">W.</param>
    /// <returns>(N, 512).</returns>
    internal static string Write(
        OnnxGraph graph,
        TorchSharp.Modules.Sequential network,
        string frames,
        int rows,
        int columns
    )
    {
        string x = frames;
        foreach (Module layer in network.children())
        {
            switch (layer)
            {
                case TorchSharp.Modules.Conv2d convolution:
                    x = graph.Convolution(x, convolution);
                    (rows, columns) = ((rows + 1) / 2, (columns + 1) / 2);
                    break;
                case TorchSharp.Modules.GroupNorm norm:
                    x = graph.GroupNorm(x, norm, Groups, rows, columns);
                    break;
                case TorchSharp.Modules.ReLU:
                    x = graph.Relu(x);
                    break;
            }
        }
        x = graph.PoolLastButOne(graph.PoolLast(x, columns, 2), rows, 2);
        return graph.Op("Flatten", [x], OnnxGraph.Integer("axis", 1));
    }

    /// <summary>The encoder as a model: "frames" (N, 3, 112, 112), scaled as <see cref="Preprocessing"/> says, →
    /// "features" (N, 512).</summary>
    internal byte[] ToOnnx()
    {
        var graph = new OnnxGraph(EncoderName);
        graph.Input(ResNet50Network.Frames, 3, Side, Side);
        graph.Output(Write(graph, network, ResNet50Network.Frames, Side, Side), ResNet50Network.Features, "N", "512");
        return graph.ToModel();
    }
}
