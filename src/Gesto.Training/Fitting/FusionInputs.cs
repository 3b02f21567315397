using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>What the fusion model takes: all modalities of all samples, and the encoders that go on learning with
/// it.</summary>
/// <param name="Sequences">Of all samples.</param>
/// <param name="Encoders">Of the modalities whose frames are encoded by what learns.</param>
internal sealed record FusionInputs(SampleSequences Sequences, PerModality<FrameEncoder> Encoders)
{
    /// <summary>Loads them; the radar encoder is trained on the way where the recipe says so.</summary>
    public static FusionInputs Of(
        RunDirectory run,
        TrainingData data,
        Device place,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        PerModality<IStepSource> sources = PerModality<IStepSource>.None;
        PerModality<FrameEncoder> learning = PerModality<FrameEncoder>.None;
        // The radar's encoder first: its own training draws its random numbers before the others' weights.
        foreach (Modality modality in data.Streams.Modalities.OrderBy(m => m != Modality.Radar))
        {
            FrameEncoder? encoder =
                modality == Modality.Radar ? RadarEncoder(run, data, radarLines, ranks, progress, cancel)
                : modality == Modality.Rgb && run.Recipe.LearnsRgb
                    ? StartRgb(run.Recipe, data.Streams[modality]!.Store.Key).to(place)
                : null;
            if (encoder is not null && run.Recipe.LearnsEncoder(modality))
            {
                learning = learning.With(modality, encoder);
                sources = sources.With(modality, Encoded(run, modality, data.Streams[modality]!.Frames!, encoder));
                continue;
            }
            var sequences = new FeatureSequences(run.Facts.Streams[modality]!.Width, run.Recipe.Centres(modality))
            {
                Device = place,
                Change = modality == Modality.Landmarks ? run.Recipe.Landmarks.Changes : null,
            };
            (FeatureStore store, List<float[]>? loaded) = (
                data.Streams[modality]!.Store,
                data.Streams[modality]!.Features
            );
            if (encoder is not null)
                (store, loaded) = (EncodeRadar(run, encoder, place, store, ranks, progress, cancel), null);
            Fill(sequences, data, store, loaded);
            sources = sources.With(modality, sequences);
        }
        return new FusionInputs(new SampleSequences(sources, run.Recipe.Model.Steps), learning);
    }

    private static EncodedFrames Encoded(
        RunDirectory run,
        Modality modality,
        FrameSequences frames,
        FrameEncoder encoder
    ) =>
        new(
            frames,
            encoder,
            modality == Modality.Radar
                ? run.Recipe.Radar.Augmentation
                : new AugmentationRecipe { GainSpread = run.Recipe.Rgb.GainSpread, Noise = run.Recipe.Rgb.Noise },
            run.Recipe.Centres(modality),
            run.Facts.Streams[modality]!.Width
        );

    /// <returns>Trained, where the recipe says so; null where the radar comes as features.</returns>
    private static FrameEncoder? RadarEncoder(
        RunDirectory run,
        TrainingData data,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    ) =>
        data.Streams[Modality.Radar]!.Frames is null
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

    /// <summary>Writes the radar's features once, by an encoder that has learnt; it is disposed here.</summary>
    private static FeatureStore EncodeRadar(
        RunDirectory run,
        FrameEncoder encoder,
        Device place,
        FeatureStore frames,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        using (encoder)
        {
            if (ranks.Rank == 0)
                RadarEncoderTraining.WriteFeatures(run, encoder, place, frames, frames.Samples, progress, cancel);
        }
        ranks.Barrier();
        return FeatureStore.Open(run.RadarFolder);
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
            string key = data.Samples[i].Key;
            if (!store.Contains(key))
                sequences.Add([]);
            else if (data.OnDisk)
                sequences.Add(store, key);
            else
                sequences.Add(loaded?[i] ?? TrainingData.Steps(store, key));
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
