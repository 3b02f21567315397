using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Signs;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Inference;

/// <summary>One member of a bundle on ONNX Runtime. Thread-safe.</summary>
internal sealed class BundledNetwork : IDisposable
{
    private const string Frames = "frames",
        Features = "features",
        Logits = "logits",
        AntennasInput = "antennas";

    private const int Free = NetworkInput.Free;

    private readonly PerModality<InferenceSession> encoders = PerModality<InferenceSession>.None;
    private readonly InferenceSession classifier;
    private readonly RunOptions options = new();
    private readonly int classes;

    /// <param name="bundle">Holds its networks.</param>
    /// <param name="member">Which.</param>
    /// <param name="classes">K.</param>
    public BundledNetwork(BundleFile bundle, BundledMember member, int classes)
    {
        (Member, this.classes) = (member, classes);
        try
        {
            foreach ((Modality modality, BundledStream stream) in member.Streams)
                if (stream.Encoder is { } entry)
                    encoders = encoders.With(
                        modality,
                        Open(entry, new(Features, new NetworkInput(Frames, typeof(float), ShapeOf(modality))))
                    );
            classifier = Open(member.Classifier, new(Logits, [.. InputsOf(member)]));
        }
        catch
        {
            foreach (InferenceSession encoder in encoders.Values)
                encoder.Dispose();
            options.Dispose();
            throw;
        }

        // One thread a call: networks of one recording's steps are small, and a session with more keeps a pool of them.
        InferenceSession Open(string entry, NetworkPorts ports) => bundle.Network(entry, threads: 1, ports);

        int[] ShapeOf(Modality modality) => [Free, .. bundle.Manifest.Keys[modality]!.Shape[1..]];
    }

    public BundledMember Member { get; }

    /// <param name="modality">Whose steps.</param>
    /// <param name="steps">Of one recording.</param>
    /// <returns>(T, F), centred where it is to be; null where the member does not take the modality.</returns>
    public float[]? Encode(Modality modality, RecordingSteps steps)
    {
        if (Member.Streams[modality] is not { } stream)
            return null;
        float[] features = steps.Values;
        if (encoders[modality] is { } encoder)
        {
            int[] chosen = StepPlan.Evenly(steps.Length, steps.Length, tempo: 1, stream.EncoderSteps, random: null);
            float[] frames = Rows(steps.Values, steps.Values.Length / steps.Length, chosen);
            using OrtValue input = OnnxSession.Wrap(frames, [chosen.Length, .. steps.Shape.Select(n => (long)n)]);
            features = new float[chosen.Length * stream.Width];
            using OrtValue output = OnnxSession.Wrap(features, chosen.Length, stream.Width);
            Run(encoder, [Frames], [input], Features, output);
        }
        if (!stream.Centred)
            return features;
        float[] centred = [.. features];
        int count = centred.Length / stream.Width;
        var sum = new double[stream.Width];
        for (int i = 0; i < centred.Length; i++)
            sum[i % stream.Width] += centred[i];
        for (int i = 0; i < centred.Length; i++)
            centred[i] = (float)(centred[i] - sum[i % stream.Width] / count);
        return centred;
    }

    /// <param name="features">Of <see cref="Encode"/>, of one recording; a modality that is not there is not
    /// used.</param>
    /// <param name="hidden">Antennas that count as missing.</param>
    /// <returns>(K), at the member's own temperature.</returns>
    public float[] Classify(PerModality<float[]> features, IReadOnlyCollection<int> hidden)
    {
        var logits = new double[classes];
        var said = new float[classes];
        for (int view = 0; view < Member.Views; view++)
        {
            double tempo = Member.Views == 1 ? 1 : 1 + Member.TempoSpread * (2.0 * view / (Member.Views - 1) - 1);
            Run(features.Select((modality, steps) => Shown(Member.Streams[modality]!, steps, tempo)), hidden, said);
            for (int k = 0; k < classes; k++)
                logits[k] += said[k] / (Member.Views * Member.Temperature);
        }
        return ProbabilityPool.Softmax(logits);
    }

    public void Dispose()
    {
        foreach (InferenceSession encoder in encoders.Values)
            encoder.Dispose();
        classifier.Dispose();
        options.Dispose();
    }

    private static IEnumerable<NetworkInput> InputsOf(BundledMember member)
    {
        foreach ((Modality modality, BundledStream stream) in member.Streams)
        {
            yield return new(modality.Name, typeof(float), Free, Free, stream.Width);
            yield return new(LengthsOf(modality), typeof(long), Free);
        }
        if (HidesAntennas(member))
            yield return new(AntennasInput, typeof(float), member.Antennas);
    }

    private static string LengthsOf(Modality modality) => $"{modality.Name}_lengths";

    private static bool HidesAntennas(BundledMember member) =>
        member.Streams[Modality.Radar] is not null && member.Antennas > 1;

    /// <returns>The steps that one view shows.</returns>
    private float[] Shown(BundledStream stream, float[] features, double tempo)
    {
        int length = features.Length / stream.Width;
        return Rows(
            features,
            stream.Width,
            StepPlan.Evenly(length, Math.Max(stream.Longest, length), tempo, Member.Steps, random: null)
        );
    }

    private static float[] Rows(float[] values, int width, int[] chosen)
    {
        if (chosen.Length * width == values.Length && chosen.Index().All(c => c.Index == c.Item))
            return values;
        var rows = new float[chosen.Length * width];
        for (int i = 0; i < chosen.Length; i++)
            values.AsSpan(chosen[i] * width, width).CopyTo(rows.AsSpan(i * width));
        return rows;
    }

    private void Run(PerModality<float[]> shown, IReadOnlyCollection<int> hidden, float[] said)
    {
        var names = new List<string>();
        var inputs = new List<OrtValue>();
        try
        {
            foreach ((Modality modality, BundledStream stream) in Member.Streams)
            {
                // What is not used is one step that does not count.
                float[] steps = shown[modality] ?? new float[stream.Width];
                names.Add(modality.Name);
                inputs.Add(OnnxSession.Wrap(steps, 1, steps.Length / stream.Width, stream.Width));
                names.Add(LengthsOf(modality));
                long length = shown[modality] is null ? 0 : steps.Length / stream.Width;
                inputs.Add(OrtValue.CreateTensorValueFromMemory([length], [1]));
            }
            if (HidesAntennas(Member))
            {
                float[] antennas = [.. Enumerable.Range(0, Member.Antennas).Select(a => hidden.Contains(a) ? 0f : 1)];
                names.Add(AntennasInput);
                inputs.Add(OnnxSession.Wrap(antennas, antennas.Length));
            }
            using OrtValue output = OnnxSession.Wrap(said, 1, said.Length);
            Run(classifier, names, inputs, Logits, output);
        }
        finally
        {
            foreach (OrtValue input in inputs)
                input.Dispose();
        }
    }

    private void Run(
        InferenceSession network,
        IReadOnlyCollection<string> names,
        IReadOnlyCollection<OrtValue> inputs,
        string into,
        OrtValue output
    )
    {
        try
        {
            network.Run(options, names, inputs, [into], [output]);
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException(
                $"'{Member.Name}': a network of the bundle fails on a recording ({e.Message}).",
                e
            );
        }
    }
}
