namespace Gesto.Files;

/// <summary>Says which value of a file that Gesto wrote is out of its range: somebody edited it since, or it is
/// damaged.</summary>
/// <param name="place">The file, and the line in it where that matters.</param>
/// <param name="cure">What to do about it.</param>
internal sealed class FileCheck(string place, Cure cure)
{
    /// <exception cref="InvalidDataException"><paramref name="holds"/> is false.</exception>
    public void Require(bool holds, string value, object? found, string expected)
    {
        if (!holds)
            throw cure.Error(
                FormattableString.Invariant($"{place}: {value} is {found ?? "null"}, expected {expected}.")
            );
    }

    public void Between(long value, long least, long most, string name) =>
        Require(value >= least && value <= most, name, value, FormattableString.Invariant($"{least} to {most}"));

    /// <summary>A probability or a share; null is left alone.</summary>
    public void Fraction(double? value, string name) =>
        Require(value is null or (>= 0 and <= 1), name, value, "0 to 1");

    /// <summary>JSON has no infinity, but numbers that are read as one.</summary>
    public void Finite(double? value, string name) =>
        Require(value is null || double.IsFinite(value.Value), name, value, "a number");

    /// <summary>Samples' keys: none null, none that leads out of the folder.</summary>
    public void Keys(IEnumerable<string?> keys, string name)
    {
        foreach (string? key in keys)
            Require(
                key is not null && SampleKey.IsInside(key),
                name,
                key is null ? null : $"'{key}'",
                SampleKey.Expected
            );
    }

    public void NoNulls(IEnumerable<object?> entries, string name) =>
        Require(entries.All(e => e is not null), name, "a list with null in it", "values only");
}
