using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Features;

namespace Gesto.Training.Testing;

/// <summary>A feature folder with a planted truth: an echo that comes nearer (class 3) or goes away (class 8) in noise,
/// and RGB features in which the same is hidden in the sign of a drift, or frames in which a bright bar goes left or
/// right.</summary>
internal static class PlantedFeatures
{
    public const int Steps = 6;
    public const int RgbWidth = 5;

    /// <summary>Side of RGB frames, pixels.</summary>
    public const int Side = 16;

    public static FeatureSet Write(
        string folder,
        bool rgb = true,
        bool radar = true,
        string radarType = "|u1",
        int[]? ids = null,
        int takes = 8,
        float? poison = null,
        bool rgbFrames = false,
        int? signers = null,
        string rgbType = "<f4"
    )
    {
        ids ??= [3, 8];
        var random = new Random(42);
        var samples = new List<Sample>();
        using FeatureStore? rgbStore = rgb
            ? FeatureStore.OpenOrCreate(
                Path.Combine(folder, "rgb"),
                rgbFrames
                    ? Key("rgb", "|u1", [Steps, 3, Side, Side]) with
                    {
                        Encoder = RgbPixels.EncoderName,
                    }
                    : Key("rgb", rgbType, [Steps, RgbWidth])
            )
            : null;
        using FeatureStore? radarStore = radar
            ? FeatureStore.OpenOrCreate(Path.Combine(folder, "radar"), Key("radar", radarType, [Steps, 2, 8, 8]))
            : null;
        foreach (Split split in Enum.GetValues<Split>())
            for (int i = 0; i < ids.Length; i++)
            for (int take = 0; take < (split == Split.Train ? takes : 3); take++)
            {
                string key = $"{ManifestFile.Text(split)}/{ids[i]}_SIGN{ids[i]}/SAMPLE_{take}";
                samples.Add(
                    new Sample
                    {
                        Key = key,
                        Split = split,
                        ClassId = ids[i],
                        ClassName = $"SIGN{ids[i]}",
                        Signer = signers is { } people ? $"P{take % people + 1}" : null,
                        Rgb = rgb ? "x.mkv" : null,
                        Radar = radar ? ["x.mp4", null, null] : [null, null, null],
                    }
                );
                int rgbLength = random.Next(3, Steps + 1),
                    radarLength = random.Next(2, Steps + 1);
                bool nearer = i % 2 == 0;
                rgbStore?.Add(
                    key,
                    rgbFrames
                        ? Frames(nearer, rgbLength, random)
                        : NpyArray.From(rgbType, Rgb(nearer, rgbLength, random), [Steps, RgbWidth]),
                    rgbLength
                );
                radarStore?.Add(key, Radar(nearer, radarLength, radarType, random, poison), radarLength);
            }
        rgbStore?.Complete();
        radarStore?.Complete();
        ManifestFile.Write(Path.Combine(folder, "manifest.csv"), samples);
        return FeatureSet.Open(folder);
    }

    private static float[] Rgb(bool nearer, int length, Random random)
    {
        var values = new float[Steps * RgbWidth];
        for (int t = 0; t < length; t++)
        for (int f = 0; f < RgbWidth; f++)
            values[t * RgbWidth + f] = (float)(100 * f + random.NextDouble() + (f == 2 ? (nearer ? -t : t) : 0));
        return values;
    }

    private static NpyArray Frames(bool left, int length, Random random)
    {
        var values = new byte[Steps * 3 * Side * Side];
        for (int t = 0; t < length; t++)
        for (int i = 0; i < 3 * Side * Side; i++)
        {
            int step = length == 1 ? 0 : t * (Side - 1) / (length - 1),
                column = left ? Side - 1 - step : step;
            values[t * 3 * Side * Side + i] = (byte)(random.Next(60) + (Math.Abs(i % Side - column) < 2 ? 180 : 0));
        }
        return NpyArray.From(values, Steps, 3, Side, Side);
    }

    private static NpyArray Radar(bool nearer, int length, string type, Random random, float? poison)
    {
        var values = new float[Steps * 2 * 64];
        for (int t = 0; t < length; t++)
        for (int antenna = 0; antenna < 2; antenna++)
        {
            Span<float> map = values.AsSpan((t * 2 + antenna) * 64, 64);
            for (int bin = 0; bin < 64; bin++)
                map[bin] = random.Next(20);
            int step = length == 1 ? 0 : t * 7 / (length - 1);
            map[(nearer ? 7 - step : step) * 8 + 4] = 220;
        }
        if (poison is { } bad)
            values[5] = bad;
        return type == "|u1"
            ? NpyArray.From(values.Select(v => (byte)v).ToArray(), Steps, 2, 8, 8)
            : NpyArray.From(values, Steps, 2, 8, 8);
    }

    private static FeatureKey Key(string modality, string type, int[] shape) =>
        new()
        {
            Modality = modality,
            Encoder = "planted",
            Weights = "",
            Preprocessing = "none",
            Sampling = "linspace-6",
            DType = type,
            Shape = shape,
        };
}
