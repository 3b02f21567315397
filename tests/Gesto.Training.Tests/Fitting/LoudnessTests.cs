using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class LoudnessTests
{
    [Fact]
    public void Loudness_divides_each_modality_by_the_root_of_its_width_over_the_loudness()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        float[] Deviation(string run, double loudness)
        {
            Trained.Run(
                features,
                RecipeFile.Parse(
                    "{}",
                    "x",
                    [
                        "radar.epochs=1",
                        "radar.hidden=8",
                        "model.hidden=8",
                        "training.epochs=1",
                        FormattableString.Invariant($"model.loudness={loudness}"),
                    ]
                ),
                temporary[run]
            );
            var tensors = Gesto.Training.Weights.Safetensors.Load(temporary[$"{run}/best.safetensors"]).Tensors;
            return [.. tensors["rgb.deviation"].ToSingles(), .. tensors["radar.deviation"].ToSingles()];
        }
        float[] plain = Deviation("plain", 0),
            even = Deviation("even", 16);
        for (int f = 0; f < plain.Length; f++)
            Assert.Equal(
                plain[f] * Math.Sqrt((f < PlantedFeatures.RgbWidth ? PlantedFeatures.RgbWidth : 64) / 16.0),
                even[f],
                1e-5 * plain[f]
            );
    }
}
