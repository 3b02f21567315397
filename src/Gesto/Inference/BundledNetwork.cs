using Gesto.Bundles;
using Gesto.Encoders;
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

    private readonly InferenceSession? rgbEncoder;
    private readonly InferenceSession? radarEncoder;
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
            rgbEncoder = Open(member.Rgb?.Encoder);
            radarEncoder = Open(member.Radar?.Encoder);
            classifier = Open(member.Classifier)!;
        }
        catch
        {
            rgbEncoder?.Dispose();
            radarEncoder?.Dispose();
            options.Dispose();
            throw;
        }

        // One thread a call: networks of one recording's steps are small, and a session with more keeps a pool of them.
        InferenceSession? Open(string? entry) => entry is null ? null : bundle.Network(entry, threads: 1);
    }

    public BundledMember Member { get; }

    /// <param name="rgb">(T, …) of one recording; null = not used.</param>
    /// <param name="rgbShape">Of a step.</param>
    /// <param name="radar">Likewise.</param>
    /// <param name="radarShape">Of a step.</param>
    /// <param name="hidden">Antennas that count as missing.</param>
    /// <returns>(K), at the member's own temperature.</returns>
    public float[] Classify(
        float[]? rgb,
        int[] rgbShape,
        float[]? radar,
        int[] radarShape,
        IReadOnlyCollection<int> hidden
    )
    {
        float[]? rgbSteps = Encode(rgbEncoder, Member.Rgb, rgb, rgbShape),
            radarSteps = Encode(radarEncoder, Member.Radar, radar, radarShape);
        var logits = new double[classes];
        var ofView = new float[classes];
        for (int view = 0; view < Member.Views; view++)
        {
            double tempo = Member.Views == 1 ? 1 : 1 + Member.TempoSpread * (2.0 * view / (Member.Views - 1) - 1);
            Run(Shown(Member.Rgb, rgbSteps, tempo), Shown(Member.Radar, radarSteps, tempo), hidden, ofView);
            for (int k = 0; k < classes; k++)
                logits[k] += ofView[k] / (Member.Views * Member.Temperature);
        }
        return ProbabilityPool.Softmax(logits);
    }

    public void Dispose()
    {
        rgbEncoder?.Dispose();
        radarEncoder?.Dispose();
        classifier.Dispose();
        options.Dispose();
    }

    /// <returns>(T, F), centred where it is to be.</returns>
    private float[]? Encode(InferenceSession? encoder, BundledStream? stream, float[]? values, int[] shape)
    {
        if (stream is null || values is null)
            return null;
        float[] features = values;
        if (encoder is not null)
        {
            int size = shape.Aggregate(1, (a, b) => a * b),
                length = values.Length / size;
            int[] chosen = StepPlan.Evenly(length, length, tempo: 1, stream.EncoderSteps, random: null);
            float[] frames = Rows(values, size, chosen);
            using OrtValue input = OnnxSession.Wrap(frames, [chosen.Length, .. shape.Select(n => (long)n)]);
            features = new float[chosen.Length * stream.Width];
            using OrtValue output = OnnxSession.Wrap(features, chosen.Length, stream.Width);
            encoder.Run(options, [Frames], [input], [Features], [output]);
        }
        if (!stream.Centred)
            return features;
        float[] centred = [.. features];
        int steps = centred.Length / stream.Width;
        var sum = new double[stream.Width];
        for (int i = 0; i < centred.Length; i++)
            sum[i % stream.Width] += centred[i];
        for (int i = 0; i < centred.Length; i++)
            centred[i] = (float)(centred[i] - sum[i % stream.Width] / steps);
        return centred;
    }

    /// <returns>The steps that one view shows; none where the stream is not used.</returns>
    private float[] Shown(BundledStream? stream, float[]? features, double tempo)
    {
        if (stream is null || features is null)
            return [];
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

    private void Run(float[] rgb, float[] radar, IReadOnlyCollection<int> hidden, float[] logits)
    {
        var names = new List<string>();
        var inputs = new List<OrtValue>();
        try
        {
            Give("rgb", Member.Rgb, rgb);
            Give("radar", Member.Radar, radar);
            if (Member.Radar is not null && Member.Antennas > 1)
            {
                var shown = new float[Member.Antennas];
                for (int a = 0; a < shown.Length; a++)
                    shown[a] = hidden.Contains(a) ? 0 : 1;
                names.Add(AntennasInput);
                inputs.Add(OnnxSession.Wrap(shown, shown.Length));
            }
            using OrtValue output = OnnxSession.Wrap(logits, 1, logits.Length);
            classifier.Run(options, names, inputs, [Logits], [output]);
        }
        finally
        {
            foreach (OrtValue input in inputs)
                input.Dispose();
        }

        void Give(string name, BundledStream? stream, float[] steps)
        {
            if (stream is null)
                return;
            int length = steps.Length / stream.Width;
            // What is not used is one step that does not count.
            names.Add(name);
            inputs.Add(
                OnnxSession.Wrap(length == 0 ? new float[stream.Width] : steps, 1, Math.Max(1, length), stream.Width)
            );
            names.Add($"{name}_lengths");
            inputs.Add(OrtValue.CreateTensorValueFromMemory([(long)length], [1]));
        }
    }
}
