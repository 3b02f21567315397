using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Video;

namespace Gesto.Training.Features;

public sealed partial class Extraction
{
    private EncodedSample Encode(DecodedSample decoded) =>
        new(decoded.Index, decoded.Sample, PerModality.For(Modality.All, m => decoded.Others[m] is { } steps
                    ? Pad(steps, stores[m]!.Key)
                : m == Modality.Rgb ? EncodeRgb(decoded.Rgb)
                : m == Modality.Radar ? EncodeRadar(decoded.Radar)
                : null), decoded.Skipped, decoded.Group);

    private static PaddedSteps Pad(RecordingSteps steps, FeatureKey key)
    {
        var padded = new float[key.Shape.Aggregate(1, (a, b) => a * b)];
        steps.Values.CopyTo(padded, 0);
        return new(NpyArray.From(key.DType, padded, key.Shape), steps.Length);
    }

    private PaddedSteps? EncodeRgb(Clip? clip)
    {
        if (clip is null)
            return null;
        FeatureKey key = stores[Modality.Rgb]!.Key;
        var features = new float[options.RgbSampling.Length * encoder!.Width];
        encoder.Encode(clip.Frames, clip.Length, features.AsSpan(0, clip.Length * encoder.Width));
        return new(NpyArray.From(key.DType, features, key.Shape), clip.Length);
    }

    private PaddedSteps? EncodeRadar(RadarClip? maps)
    {
        if (maps is null)
            return null;
        if (options.Source is { } source)
        {
            int width = maps.Antennas * source.WidthPerAntenna;
            var features = new float[options.RadarSampling.Length * width];
            source.Encode(maps.Bytes, maps.Length, maps.Antennas, features.AsSpan(0, maps.Length * width));
            return new(NpyArray.From(features, options.RadarSampling.Length, width), maps.Length);
        }
        byte[] padded = maps.Bytes;
        Array.Resize(ref padded, maps.Bytes.Length / maps.Length * options.RadarSampling.Length);
        return new(new NpyArray(maps.DType, stores[Modality.Radar]!.Key.Shape, padded), maps.Length);
    }
}
