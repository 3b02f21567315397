using System.Runtime.InteropServices;
using Gesto.Data;
using Gesto.Features;
using Gesto.Radar;
using Gesto.Training;

namespace Gesto.Inference;

/// <summary>A sign and how sure the recogniser is of it.</summary>
/// <param name="Sign">The sign.</param>
/// <param name="Probability">0…1, calibrated where the run is.</param>
public readonly record struct RankedSign(SignClass Sign, float Probability);

/// <summary>Recognises signs straight from recordings: the same reading, cutting and encoding as `gesto extract`, in this
/// process, nothing kept on disk.</summary>
/// <remarks>Not thread-safe. Takes over neither the recogniser nor the encoder: the caller disposes both.</remarks>
public sealed class VideoPredictor
{
    private readonly IRecogniser recogniser;
    private readonly IRgbEncoder? encoder;
    private readonly RadarFormat radar;

    /// <param name="recogniser">The run.</param>
    /// <param name="encoder">The RGB encoder the run was trained with; null where its recipe uses no RGB.</param>
    /// <exception cref="InvalidDataException">The encoder is not the one trained with, or the run was trained on radar features
    /// that were encoded while extracting.</exception>
    public VideoPredictor(IRecogniser recogniser, IRgbEncoder? encoder)
    {
        (this.recogniser, this.encoder) = (recogniser, encoder);
        if (recogniser.Facts.Rgb is { } key) CheckEncoder(key, encoder);
        if (recogniser.Facts.Radar is { Shape.Length: not 4 } ready)
            throw new InvalidDataException(
                $"The run was trained on ready radar features ({ready.Encoder}), which are made while extracting. Extract the recordings " +
                "with 'gesto extract --radar source' and use 'gesto evaluate' or 'gesto submit' on those, or train on --radar frames.");
        // Frames must be cut and sized as those trained on: the feature key says how.
        radar = recogniser.Facts.Radar is { Shape.Length: 4 } frames ? RadarFormat.Parse(frames.Preprocessing) : RadarFormat.Default;
    }

    /// <param name="root">Folder that the sample's paths are relative to.</param>
    /// <param name="sample">Which files to read.</param>
    /// <param name="cancel">Stops the decoder; noticed between files.</param>
    /// <returns>Probabilities (K) in the order of the recogniser's labels.</returns>
    /// <exception cref="FileNotFoundException">A modality that the recipe needs is missing.</exception>
    /// <exception cref="IOException">A file cannot be trusted.</exception>
    public float[] Predict(string root, Sample sample, CancellationToken cancel)
    {
        RunFacts facts = recogniser.Facts;
        string place = Path.Combine(root, Path.GetDirectoryName(sample.Rgb ?? sample.Radar.FirstOrDefault(r => r is not null) ?? "") ?? "");
        if (facts.Rgb is not null && !sample.HasRgb) throw Missing(place, "RGB video (…_RGB.mkv)");
        if (facts.Radar is not null && !sample.HasRadar) throw Missing(place, "radar (…_RDM1.mp4 to …_RDM3.mp4)");

        var reader = new SampleReader(root, radar);
        float[]? features = null, frames = null;
        int rgbLength = 0, radarLength = 0;
        int[] shape = [];
        if (facts.Rgb is not null)
        {
            Video.Clip clip = reader.ReadRgb(sample, encoder!.InputSize, cancel);
            cancel.ThrowIfCancellationRequested();
            rgbLength = clip.Length;
            features = new float[rgbLength * encoder.Width];
            encoder.Encode(clip.Frames, rgbLength, features);
        }
        if (facts.Radar is { } key)
        {
            RadarClip clip = reader.ReadRadar(sample, key.Shape[1], cancel);
            if (clip.DType != key.DType)
                throw new InvalidDataException(
                    $"{place}: radar values are {Kind(clip.DType)}, the run was trained on {Kind(key.DType)}; their units differ.");
            radarLength = clip.Length;
            shape = [clip.Antennas, clip.Rows, clip.Columns];
            frames = clip.DType == "|u1"
                ? Array.ConvertAll(clip.Bytes, b => (float)b)
                : MemoryMarshal.Cast<byte, float>(clip.Bytes).ToArray();
        }
        return recogniser.Predict(new SampleFeatures(features, rgbLength, frames, radarLength, shape));
    }

    /// <returns>The <paramref name="top"/> most probable signs, the most probable first; equal ones by id.</returns>
    public static IReadOnlyList<RankedSign> Rank(float[] probabilities, LabelSet labels, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return [.. probabilities
            .Select((p, label) => new RankedSign(labels[label], p))
            .OrderByDescending(r => r.Probability)
            .Take(top)];
    }

    private void CheckEncoder(FeatureKey key, IRgbEncoder? given)
    {
        if (given is null)
            throw new InvalidDataException($"Recipe '{recogniser.Recipe.Name}' needs RGB, and there is no RGB encoder '{key.Encoder}'.");
        if (given.Name != key.Encoder || given.WeightsHash != key.Weights || given.Preprocessing != key.Preprocessing)
            throw new InvalidDataException(
                $"The run was trained on RGB features of {key.Encoder} with weights {Short(key.Weights)}, found {given.Name} with " +
                $"{Short(given.WeightsHash)}. Fetch those weights with 'gesto weights', or train on features of these.");
    }

    private FileNotFoundException Missing(string place, string what) =>
        new($"{place}: no {what}, and recipe '{recogniser.Recipe.Name}' needs it. " +
            "Use a run trained without it (--recipe rgb-only or radar-only).");

    private static string Kind(string dtype) => dtype == "|u1" ? "grey levels of video" : "numbers from .npy";

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
