using Gesto.Encoders;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>What the fusion model takes: both modalities of all samples, and the encoders that go on learning with
/// it.</summary>
/// <param name="Sequences">Of all samples.</param>
/// <param name="Rgb">Null where it does not learn.</param>
/// <param name="Radar">Null where it does not learn any more.</param>
internal sealed record FusionInputs(SampleSequences Sequences, FrameEncoder? Rgb, FrameEncoder? Radar)
{
    /// <summary>Loads them; the radar encoder is trained on the way where the recipe says so.</summary>
    public static FusionInputs Of(
        RunDirectory run,
        FeatureSet features,
        TrainingData data,
        Device place,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        Recipe recipe = run.Recipe;
        FrameEncoder? radarEncoder = data.RadarFrames is null
            ? null
            : RadarEncoderTraining.Run(
                run,
                data,
                lines =>
                {
                    radarLines.Clear();
                    radarLines.AddRange(lines);
                    EpochLog.Save(run.LogPath, lines);
                },
                ranks,
                progress,
                cancel
            );
        IStepSource? radar = null;
        if (recipe.LearnsRadar)
        {
            radar = new EncodedFrames(
                data.RadarFrames!,
                radarEncoder!,
                recipe.Radar.Augmentation,
                recipe.Radar.CentreFeatures
            );
        }
        else if (recipe.UsesRadar)
        {
            var sequences = new FeatureSequences(run.Facts.RadarWidth, recipe.Radar.CentreFeatures) { Device = place };
            if (radarEncoder is not null)
            {
                using (radarEncoder)
                {
                    if (ranks.Rank == 0)
                        RadarEncoderTraining.WriteFeatures(
                            run,
                            radarEncoder,
                            place,
                            features.Radar!,
                            features.Radar!.Samples,
                            progress,
                            cancel
                        );
                }
                ranks.Barrier();
                radarEncoder = null;
                Fill(sequences, data, FeatureStore.Open(run.RadarFolder), null);
            }
            else
            {
                Fill(sequences, data, features.Radar!, data.RadarFeatures);
            }
            radar = sequences;
        }
        FrameEncoder? rgbEncoder = null;
        IStepSource? rgb = null;
        if (recipe.LearnsRgb)
        {
            rgbEncoder = StartRgb(recipe, features.Rgb!.Key).to(place);
            var augmentation = new AugmentationRecipe { GainSpread = recipe.Rgb.GainSpread, Noise = recipe.Rgb.Noise };
            // Frames lose their mean before the encoder; maps of a trained network lose it after.
            rgb = new EncodedFrames(
                data.RgbFrames!,
                rgbEncoder,
                augmentation,
                recipe.Rgb is { Encoder: RgbEncoderMode.LastStage, RemoveStatic: true }
            );
        }
        else if (recipe.UsesRgb)
        {
            var sequences = new FeatureSequences(run.Facts.RgbWidth, recipe.Rgb.RemoveStatic) { Device = place };
            Fill(sequences, data, features.Rgb!, data.Rgb);
            rgb = sequences;
        }
        return new FusionInputs(new SampleSequences(rgb, radar, recipe.Model.Steps), rgbEncoder, radarEncoder);
    }

    /// <param name="sequences">Receives the samples of <paramref name="data"/>.</param>
    /// <param name="data">Says where they shall be.</param>
    /// <param name="store">Has them.</param>
    /// <param name="loaded">Has them in memory, and loses them: a second copy would double the memory; null = not
    /// loaded yet.</param>
    private static void Fill(FeatureSequences sequences, TrainingData data, FeatureStore store, List<float[]>? loaded)
    {
        for (int i = 0; i < data.Samples.Count; i++)
        {
            if (data.OnDisk)
                sequences.Add(store, data.Samples[i].Key);
            else
                sequences.Add(loaded?[i] ?? TrainingData.Steps(store, data.Samples[i].Key));
            if (loaded?.Count > i)
                loaded[i] = [];
        }
    }

    /// <summary>The RGB encoder as it is before it learns with the fusion model.</summary>
    private static FrameEncoder StartRgb(Recipe recipe, FeatureKey key)
    {
        manual_seed(recipe.Training.Seed);
        return recipe.Rgb.Encoder == RgbEncoderMode.LastStage
            ? ResNet50Stage.From(RgbEncoders.LoadMapsWeights(key, WeightsCache.Default()))
            : ModelFactory.Rgb(recipe, key);
    }
}
