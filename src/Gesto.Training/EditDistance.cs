namespace Gesto.Training;

/// <summary>Levenshtein's edit distance (Soviet Physics Doklady 10, 1966): for what a mistyped word may have
/// meant.</summary>
internal static class EditDistance
{
    /// <returns>The fewest insertions, deletions and substitutions of a letter that make <paramref name="b"/> of
    /// <paramref name="a"/>.</returns>
    public static int Between(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)]; // dynamic programming over one row
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
