namespace Gesto.Training.Recipes;

/// <summary>Every combination of recipe settings with several values each.</summary>
public static class RecipeGrid
{
    /// <param name="settings">"key=value" or "key=value,value…" each; commas in brackets, braces or quotes part
    /// nothing, so `modalities=["rgb"],["radar"]` has two values.</param>
    /// <returns>One list of "key=value" for each combination, for <see cref="RecipeFile.Load"/>; the last key varies
    /// fastest.</returns>
    /// <exception cref="InvalidDataException">A setting without key or with an empty value, or a key twice.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Cells(IReadOnlyList<string> settings)
    {
        string[][] cells =
        [
            [],
        ];
        foreach (string setting in settings)
        {
            string[] values = ValuesOf(setting);
            if (settings.Count(s => KeyOf(s) == KeyOf(setting)) > 1)
                throw new InvalidDataException(
                    $"setting {setting}: '{KeyOf(setting)}' is set twice. Give all its values at once: {KeyOf(setting)}=VALUE,VALUE."
                );
            cells = [.. cells.SelectMany(cell => values.Select(v => (string[])[.. cell, $"{KeyOf(setting)}={v}"]))];
        }
        return cells;
    }

    /// <returns>The keys with more than one value, in their order.</returns>
    public static IReadOnlyList<string> Varied(IReadOnlyList<string> settings) =>
        [.. settings.Where(s => ValuesOf(s).Length > 1).Select(KeyOf)];

    private static string KeyOf(string setting) => setting.Split('=')[0];

    private static string[] ValuesOf(string setting)
    {
        int start = setting.IndexOf('=', StringComparison.Ordinal) + 1,
            depth = 0;
        bool quoted = false;
        var values = new List<string>();
        for (int i = start; i < setting.Length; i++)
        {
            if (setting[i] == '"')
                quoted = !quoted;
            else if (setting[i] is '[' or '{')
                depth++;
            else if (setting[i] is ']' or '}')
                depth--;
            if (setting[i] != ',' || quoted || depth > 0)
                continue;
            values.Add(setting[start..i]);
            start = i + 1;
        }
        values.Add(setting[start..]);
        return start > 1 && !values.Contains("")
            ? [.. values]
            : throw new InvalidDataException(
                $"setting {setting}: expected KEY=VALUE or KEY=VALUE,VALUE…, e.g. model.hidden=256,512."
            );
    }
}
