using Gesto.Models;

namespace Gesto.Training;

/// <summary>The models a recipe describes, at whatever weights libtorch's generator gives them.</summary>
internal static class ModelFactory
{
    /// <param name="recipe">What to build.</param>
    /// <param name="facts">Widths and classes.</param>
    /// <param name="rgb">Mean and deviation of the RGB features; null = 0 and 1, or what a checkpoint brings.</param>
    /// <param name="radar">Likewise.</param>
    public static SignModel Sign(
        Recipe recipe, RunFacts facts, (float[], float[])? rgb = null, (float[], float[])? radar = null)
    {
        ModelRecipe model = recipe.Model;
        Fusion fusion = model.Fusion switch
        {
            FusionMode.Late => new LateFusion(facts.RgbWidth, facts.RadarWidth, recipe.Alignment),
            FusionMode.Gated => new GatedFusion(facts.RgbWidth, facts.RadarWidth, model.FusionWidth, recipe.Alignment),
            FusionMode.Attention => new AttentionFusion(facts.RgbWidth, facts.RadarWidth, model.FusionWidth, model.Heads, model.Dropout),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), model.Fusion, "Unknown fusion."),
        };
        return new SignModel(
            recipe.UsesRgb ? new ModalityInput(facts.RgbWidth, rgb, model.InputDropout) : null,
            recipe.UsesRadar ? new ModalityInput(facts.RadarWidth, radar, model.InputDropout, facts.Antennas, model.AntennaDropout) : null,
            fusion, Temporal(model, fusion.Width), model.Dropout, facts.Labels.Count, model.ModalityDropout, model.WideParts);
    }

    public static TemporalModel Temporal(ModelRecipe model, int width) => model.Temporal switch
    {
        TemporalMode.Lstm => new LstmModel(width, model.Hidden, model.Layers, model.Dropout, bothWays: false, model.ForgetBias),
        TemporalMode.BiLstm => new LstmModel(width, model.Hidden, model.Layers, model.Dropout, bothWays: true, model.ForgetBias),
        TemporalMode.Transformer => new TransformerModel(width, model.Hidden, model.Layers, model.Heads, model.Dropout),
        TemporalMode.Convolution => new TemporalConvolution(width, model.Hidden, model.Layers, model.Dropout, model.Parts),
        _ => throw new ArgumentOutOfRangeException(nameof(model), model.Temporal, "Unknown temporal model."),
    };

    /// <param name="recipe">What to build.</param>
    /// <param name="mean">Subtracted from prepared radar values.</param>
    /// <param name="deviation">Then divided by.</param>
    public static RadarEncoder Radar(RadarRecipe recipe, float mean, float deviation) => recipe.FrontEnd switch
    {
        RadarFrontEnd.RangeDoppler => new RadarCnn(recipe.Coordinates, recipe.Preparation, mean, deviation),
        // These two measure their own channels: RadarEncoderTraining does it before the first epoch.
        RadarFrontEnd.MicroDoppler => new MicroDopplerCnn(
            new RadarImageOptions { Values = recipe.Logarithm ? RadarValues.Magnitudes : RadarValues.Logarithmic, RemoveStatic = recipe.RemoveStatic },
            cadenceBins: 0, recipe.Dropout),
        RadarFrontEnd.RangeTime => new MicroDopplerCnn(
            new RadarImageOptions { Axes = [RadarImageAxis.Range], Values = RadarValues.Decibels, RemoveStatic = recipe.RemoveStatic },
            recipe.Cadences, recipe.Dropout),
        _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe.FrontEnd, "Unknown front end."),
    };

    /// <summary>F of the encoder that <see cref="Radar"/> makes.</summary>
    public static int RadarWidth(RadarRecipe recipe, int antennas)
    {
        using RadarEncoder encoder = Radar(recipe, 0, 1);
        return encoder.Width(antennas);
    }
}
