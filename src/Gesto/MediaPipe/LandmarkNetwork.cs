using System.Collections.Concurrent;
using Gesto.Encoders;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.MediaPipe;

/// <summary>A network of MediaPipe's on ONNX Runtime. Thread-safe; as many pictures at once as threads call
/// it.</summary>
internal sealed class LandmarkNetwork : IDisposable
{
    private static readonly string[] Inputs = [LandmarkModel.Picture];

    private readonly LandmarkModel model;
    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly string[] names;
    private readonly int[] lengths;
    private readonly long[][] shapes;
    private readonly ConcurrentBag<Buffers> idle = [];

    /// <param name="model">Which.</param>
    /// <param name="session">It; becomes the network's to dispose.</param>
    /// <exception cref="InvalidDataException">Another network.</exception>
    public LandmarkNetwork(LandmarkModel model, InferenceSession session)
    {
        (this.model, this.session) = (model, session);
        (string Name, int Length)[] outputs = [.. model.Outputs.OfType<(string, int)>()];
        names = [.. outputs.Select(o => o.Name)];
        lengths = [.. outputs.Select(o => o.Length)];
        bool fits =
            session.InputMetadata.Count == 1
            && session.InputMetadata.TryGetValue(LandmarkModel.Picture, out NodeMetadata? input)
            && input.Dimensions.SequenceEqual([1, 3, model.Side, model.Side])
            && outputs.All(o =>
                session.OutputMetadata.TryGetValue(o.Name, out NodeMetadata? at) && LengthOf(at) == o.Length
            );
        if (!fits)
        {
            session.Dispose();
            throw new InvalidDataException(
                $"The network '{model.Name}' has other inputs or outputs than MediaPipe's. It belongs to another version."
            );
        }
        shapes = [.. names.Select(n => session.OutputMetadata[n].Dimensions.Select(d => (long)d).ToArray())];
    }

    /// <summary>Runs it on a region of a picture.</summary>
    /// <param name="frame">The picture.</param>
    /// <param name="region">What of it.</param>
    /// <param name="read">Makes something of the outputs that are used, in their order; they may not be kept.</param>
    public T Run<T>(RgbFrame frame, Region region, Func<float[][], T> read)
    {
        Buffers buffers = idle.TryTake(out Buffers? used) ? used : new Buffers(model.Side, lengths);
        RegionSampler.Sample(frame, region, model, buffers.Picture);
        using OrtValue input = OnnxSession.Wrap(buffers.Picture, 1, 3, model.Side, model.Side);
        var outputs = new OrtValue[shapes.Length];
        try
        {
            for (int i = 0; i < outputs.Length; i++)
                outputs[i] = OnnxSession.Wrap(buffers.Outputs[i], shapes[i]);
            session.Run(options, Inputs, [input], names, outputs);
        }
        finally
        {
            foreach (OrtValue? output in outputs)
                output?.Dispose();
        }
        T result = read(buffers.Outputs);
        idle.Add(buffers);
        return result;
    }

    public void Dispose()
    {
        session.Dispose();
        options.Dispose();
    }

    private static long LengthOf(NodeMetadata output) =>
        output.Dimensions.Aggregate(1L, (product, n) => n < 1 ? 0 : product * n);

    /// <summary>One caller's, allocated once.</summary>
    private sealed class Buffers(int side, int[] outputs)
    {
        public float[] Picture { get; } = GC.AllocateUninitializedArray<float>(3 * side * side, pinned: true);

        public float[][] Outputs { get; } =
        [.. outputs.Select(n => GC.AllocateUninitializedArray<float>(n, pinned: true))];
    }
}
