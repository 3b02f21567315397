namespace Gesto.Training.Recipes;

/// <summary>Says which value of a recipe is out of its range.</summary>
/// <param name="place">The recipe's file, for messages.</param>
internal sealed class RecipeCheck(string place)
{
    /// <exception cref="InvalidDataException"><paramref name="holds"/> is false.</exception>
    public void Require(bool holds, string key, object found, string expected)
    {
        if (!holds)
            throw new InvalidDataException(
                FormattableString.Invariant($"{place}: {key} is {found}, expected {expected}.")
            );
    }

    public void AtLeastOne(int value, string key) =>
        Require(value is >= 1 and <= 1_000_000, key, value, "1 or more, a million at most");

    public void Positive(double value, string key) =>
        Require(value is > 0 and <= 1e38, key, value, "more than 0, at most 1e38");

    public void NotNegative(double value, string key, string zero = "off") =>
        Require(value is >= 0 and <= 1e38, key, value, $"0 ({zero}) or more");

    public void Fraction(double value, string key) =>
        Require(value is >= 0 and < 1, key, value, "0 or more, less than 1");
}
