using Gesto.Encoders;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Fitting;

/// <summary>What is trained where no recipe is named: the linear classifier, which few recordings can bear,
/// and the networks that many can, for the modalities there are. Held-out samples decide who votes (<see
/// cref="Evaluation.EnsembleFit"/>).</summary>
public static class DefaultRecipe
{
    /// <summary>What options call it, and the directory's recipe.</summary>
    public const string Name = "auto";

    /// <summary>Networks have learnt what fifty recordings teach after so many steps; of fifty thousand they learn
    /// little more after so many.</summary>
    private static readonly string[] Enough = ["training.leastSteps=120", "training.mostSteps=20000"];

    /// <returns>A recipe with members; where the stores hold frames for an encoder that learns, the recipe for
    /// those.</returns>
    /// <param name="features">What an extraction wrote.</param>
    /// <param name="settings">"key=value" each, set over every member.</param>
    /// <exception cref="InvalidDataException">A setting is wrong, or the features are for an encoder that learns and
    /// lack a modality it needs.</exception>
    public static Recipe For(FeatureSet features, IReadOnlyList<string> settings)
    {
        FeatureKey? rgb = features.Rgb?.Key,
            radar = features.Radar?.Key;
        if (rgb is { IsFrames: true })
            return RecipeFile.Load(rgb.Encoder == RgbPixels.EncoderName ? "end-to-end" : "last-stage", settings);
        Recipe linear = RecipeFile.Load("linear", settings);
        return linear with
        {
            Name = Name,
            Why =
                "Chosen for the modalities there are: a linear classifier on pooled features, and networks that vote beside it if samples held out say so.",
            Classifier = ClassifierKind.Network,
            Modalities = linear.Among(features.Stores.Modalities).Modalities,
            Members =
            [
                ["linear", .. settings],
                .. Networks(rgb is not null, radar, features.Stores[Modality.Landmarks] is not null)
                    .Select(n => n.Concat(Enough).Concat(Logarithm(features.Radar)).Concat(settings).ToArray()),
            ],
        };
    }

    /// <summary>Of linear magnitudes the logarithm, since strong echoes hide the rest.</summary>
    private static string[] Logarithm(FeatureStore? radar) =>
        radar?.Key.IsFrames == true && StoredRadar.ScaleOf(radar, radar.Samples) == RadarScale.Linear
            ? ["radar.logarithm=true"]
            : [];

    /// <summary>Names, and what the radar's files ask for. Beside radar, landmarks have a network of their own.
    /// </summary>
    private static IEnumerable<string[]> Networks(bool rgb, FeatureKey? radar, bool landmarks)
    {
        if (!landmarks)
            return WithoutLandmarks(rgb, radar);
        string[] alone = ["landmarks"];
        if (radar is not null)
            return WithoutLandmarks(rgb, radar).Append(alone);
        return [rgb ? ["late-fusion", "modalities=[\"rgb\",\"landmarks\"]"] : alone];
    }

    private static IEnumerable<string[]> WithoutLandmarks(bool rgb, FeatureKey? radar) =>
        radar?.Shape switch
        {
            null =>
            [
                ["rgb-only"],
            ],
            [_, _, _, 1] => rgb
                ?
                [
                    ["rgb-only"],
                    ["rtm"],
                ]
                :
                [
                    ["rtm"],
                ],
            [_, _] =>
            [
                [rgb ? "late-fusion" : "radar-only", "radar.encoder=frozen"],
            ], // ready features of the source project
            [_, 1, _, _] when !rgb =>
            [
                ["gestures"],
            ],
            _ => rgb
                ?
                [
                    ["late-fusion"],
                ]
                :
                [
                    ["radar-only"],
                    ["micro-doppler"],
                ],
        };
}
