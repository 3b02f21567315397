using Gesto.Landmarks;

namespace Gesto.Training.Recipes;

/// <summary>What is done to landmarks while a network learns: other people are left-handed, lean, and have longer or
/// shorter arms.</summary>
public sealed record LandmarkRecipe
{
    /// <summary>Probability that a sample is shown mirrored, its hands exchanged. A linear classifier learns from each
    /// sample both ways where this is above 0.</summary>
    public double Mirroring { get; init; }

    /// <summary>Degrees by which a sample is turned in the picture, at most.</summary>
    public double Turn { get; init; }

    /// <summary>Part by which distances from the shoulders are longer or shorter, at most.</summary>
    public double StretchSpread { get; init; }

    /// <summary>Probability that a hand of a sample is hidden: its values are 0, as where the detector never found it.
    /// One that is seen is left where there is one.</summary>
    public double HandDropout { get; init; }

    internal void Check(RecipeCheck check)
    {
        check.Fraction(Mirroring, "landmarks.mirroring");
        check.NotNegative(Turn, "landmarks.turn");
        check.Fraction(StretchSpread, "landmarks.stretchSpread");
        check.Fraction(HandDropout, "landmarks.handDropout");
    }

    /// <returns>Null where nothing is done.</returns>
    internal Action<Span<float>, Random>? Changes =>
        (Mirroring, Turn, StretchSpread, HandDropout) == (0, 0, 0, 0) ? null : Change;

    /// <param name="steps">(T, F) of <see cref="LandmarkFeatures"/>.</param>
    /// <param name="random">Decides.</param>
    private void Change(Span<float> steps, Random random)
    {
        if (random.NextDouble() < Mirroring)
            LandmarkFeatures.Mirror(steps);
        LandmarkFeatures.Turn(
            steps,
            (float)(Between(random) * Turn * Math.PI / 180),
            (float)(1 + Between(random) * StretchSpread)
        );
        if (random.NextDouble() < HandDropout)
            LandmarkFeatures.HideHand(steps, random.Next(2));
    }

    private static double Between(Random random) => 2 * random.NextDouble() - 1;
}
