using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;

namespace Gesto.Training.Fitting;

/// <summary>The models a recipe describes, at whatever weights libtorch's generator gives them.</summary>
internal static class ModelFactory
{
    /// <param name="recipe">What to build.</param>
    /// <param name="facts">Widths and classes.</param>
    /// <param name="statistics">Of each modality's features; null = 0 and 1, or what a checkpoint brings.</param>
    public static SignModel Sign(Recipe recipe, RunFacts facts, PerModality<FeatureStatistics>? statistics = null)
    {
        ModelRecipe model = recipe.Model;
        Fusion fusion = model.Fusion switch
        {
            FusionMode.Late => new LateFusion(facts.Streams.Values.Sum(s => s.Width), recipe.Alignment),
            FusionMode.Gated => new GatedFusion(facts.RgbWidth, facts.RadarWidth, model.FusionWidth, recipe.Alignment),
            FusionMode.Early => new EarlyFusion(facts.Rgb!.Shape[1..], facts.Radar!.Shape[1..], recipe.Alignment),
            FusionMode.Attention => new AttentionFusion(
                [.. facts.Streams.Modalities.Select(m => (m, facts.Streams[m]!.Width))],
                model.FusionWidth,
                model.Heads,
                model.Dropout
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), model.Fusion, "Unknown fusion."),
        };
        return new SignModel(
            facts.Streams.Select(
                (modality, stream) =>
                    new ModalityInput(
                        stream.Width,
                        statistics?[modality],
                        model.InputDropout,
                        modality == Modality.Radar ? facts.Antennas : 1,
                        modality == Modality.Radar ? model.AntennaDropout : 0
                    )
            ),
            fusion,
            Temporal(model, fusion.Width, statistics?[Modality.Landmarks]),
            model.Dropout,
            facts.Labels.Count,
            model.ModalityDropout,
            model.WideParts
        );
    }

    private static TemporalModel Temporal(ModelRecipe model, int width, FeatureStatistics? landmarks) =>
        model.Temporal switch
        {
            TemporalMode.Lstm => new LstmModel(
                width,
                model.Hidden,
                model.Layers,
                model.Dropout,
                bothWays: false,
                model.ForgetBias,
                model.Pooling
            ),
            TemporalMode.BiLstm => new LstmModel(
                width,
                model.Hidden,
                model.Layers,
                model.Dropout,
                bothWays: true,
                model.ForgetBias,
                model.Pooling
            ),
            TemporalMode.Transformer => new TransformerModel(
                width,
                model.Hidden,
                model.Layers,
                model.Heads,
                model.Dropout
            ),
            TemporalMode.Convolution => new TemporalConvolution(
                width,
                model.Hidden,
                model.Layers,
                model.Dropout,
                model.Parts
            ),
            TemporalMode.ConvolutionTransformer => new ConvolutionTransformer(
                width,
                model.Hidden,
                model.Layers,
                model.Heads,
                model.Dropout
            ),
            TemporalMode.SkeletonGcn => new SkeletonGcn(
                width,
                landmarks?.Deviation,
                model.Hidden,
                model.Layers,
                model.Dropout,
                model.Parts
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(model), model.Temporal, "Unknown temporal model."),
        };

    /// <summary>The RGB encoder that learns with the fusion model, at random weights.</summary>
    /// <param name="recipe">What to build.</param>
    /// <param name="key">Of the frames or maps it reads.</param>
    public static FrameEncoder Rgb(Recipe recipe, FeatureKey key) =>
        recipe switch
        {
            { Model.Fusion: FusionMode.Early } => new FlatFrames(
                key.Shape[2],
                key.Shape[3],
                new RadarPreparation(false, recipe.Rgb.RemoveStatic, false),
                mean: recipe.Rgb.RemoveStatic ? 0 : 127.5f,
                deviation: 255
            ),
            { Rgb.Encoder: RgbEncoderMode.Frames } => new PictureCnn(key.Shape[1], recipe.Rgb.RemoveStatic),
            { Rgb.Encoder: RgbEncoderMode.LastStage } => new ResNet50Stage(RgbEncoders.VariantOfMaps(key)),
            _ => throw new ArgumentException($"Recipe '{recipe.Name}' takes RGB features as they are.", nameof(recipe)),
        };

    /// <param name="recipe">What to build.</param>
    /// <param name="key">Of the frames it reads.</param>
    /// <param name="mean">Subtracted from prepared radar values.</param>
    /// <param name="deviation">Then divided by.</param>
    public static FrameEncoder Radar(Recipe recipe, FeatureKey key, float mean, float deviation) =>
        recipe.Model.Fusion == FusionMode.Early
            ? new FlatFrames(key.Shape[2], key.Shape[3], recipe.Radar.Preparation, mean, deviation)
            : Radar(recipe.Radar, key.Shape[1], mean, deviation);

    private static FrameEncoder Radar(RadarRecipe recipe, int antennas, float mean, float deviation)
    {
        var images = new RadarImageOptions
        {
            RemoveStatic = recipe.RemoveStatic,
            StaticToo = recipe.StaticToo,
            Alone = antennas == 1,
            Bins = recipe.Bins,
        };
        return recipe.FrontEnd switch
        {
            RadarFrontEnd.RangeDoppler => new RadarCnn(recipe.Coordinates, recipe.Preparation, mean, deviation),
            // These two measure their own channels: RadarEncoderTraining does it before the first epoch.
            RadarFrontEnd.MicroDoppler => new MicroDopplerCnn(
                images with
                {
                    Values = recipe.Logarithm ? RadarUnit.Magnitudes : RadarUnit.Logarithmic,
                    LogarithmFirst = recipe.LogarithmFirst,
                },
                cadenceBins: 0,
                recipe.Dropout
            ),
            RadarFrontEnd.RangeTime => new MicroDopplerCnn(
                images with
                {
                    Axes = [RadarImageAxis.Range],
                    Values = RadarUnit.Decibels,
                },
                recipe.Cadences,
                recipe.Dropout
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe.FrontEnd, "Unknown front end."),
        };
    }

    /// <summary>The encoder of a modality's frames, at random weights.</summary>
    /// <returns>Null where its features are taken as they are.</returns>
    public static FrameEncoder? Encoder(Recipe recipe, Modality modality, FeatureKey key) =>
        modality == Modality.Rgb && recipe.LearnsRgb ? Rgb(recipe, key)
        : modality == Modality.Radar && key.IsFrames ? Radar(recipe, key, mean: 0, deviation: 1)
        : null;

    /// <returns>Features a step: what is stored, or what an encoder makes of frames.</returns>
    public static int Width(Recipe recipe, Modality modality, FeatureKey key)
    {
        using FrameEncoder? encoder = Encoder(recipe, modality, key);
        return encoder?.Width(key.Shape[1]) ?? key.Shape[1];
    }
}
