using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Features;

namespace Gesto.Bench;

/// <summary>Features for timing the training: the speed does not depend on their values.</summary>
internal static class RandomFeatures
{
    private const int Frames = 30,
        RgbWidth = 2048,
        RadarWidth = 96,
        Classes = 126;

    /// <summary>Samples of 10 to 30 steps, of every class alike, by 8 signers; nothing is written where they are
    /// already.</summary>
    public static object Write(string folder, int count)
    {
        Sample[] samples =
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => new Sample
                {
                    Key = $"train/{i % Classes}_SIGN{i % Classes}/SAMPLE_{i}",
                    Split = Split.Train,
                    ClassId = i % Classes,
                    ClassName = $"SIGN{i % Classes}",
                    Signer = $"signer{i % 8}",
                    Rgb = $"{i}_RGB.mkv",
                    Radar = [$"{i}_RDM1.mp4", null, null],
                }),
        ];
        var random = new Random(1);
        int[] lengths = [.. samples.Select(_ => random.Next(10, Frames + 1))];
        if (!File.Exists(Path.Combine(folder, ManifestFile.FileName)))
        {
            foreach (
                (string name, int width) in new[] { (Modality.Rgb.Name, RgbWidth), (Modality.Radar.Name, RadarWidth) }
            )
            {
                using FeatureStore store = FeatureStore.OpenOrCreate(
                    Path.Combine(folder, name),
                    new FeatureKey
                    {
                        Modality = name,
                        Encoder = "random",
                        Weights = "",
                        Preprocessing = "",
                        Sampling = "",
                        DType = "<f4",
                        Shape = [Frames, width],
                    }
                );
                foreach ((int i, Sample sample) in samples.Index())
                {
                    var values = new float[Frames * width];
                    for (int v = 0; v < lengths[i] * width; v++)
                        values[v] = random.NextSingle();
                    store.Add(sample.Key, NpyArray.From(values, Frames, width), lengths[i]);
                }
                store.Complete();
            }
            ManifestFile.Write(Path.Combine(folder, ManifestFile.FileName), samples);
        }
        return new { samples = count, steps = lengths.Sum() };
    }
}
