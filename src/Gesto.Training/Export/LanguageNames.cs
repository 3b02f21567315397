using Gesto.Signs;

namespace Gesto.Training.Export;

/// <summary>What signs are called in other languages, where that is known: of the 126 of MultiMeDaLIS.</summary>
internal static class LanguageNames
{
    /// <returns>Language → class id → name; nothing where one of the signs is not among the 126.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<int, string>> Of(LabelSet labels)
    {
        var english = new Dictionary<int, string>();
        foreach (SignClass sign in labels.Classes)
        {
            if (!LabelSet.English.TryGetValue(sign.Name, out string? name))
                return new Dictionary<string, IReadOnlyDictionary<int, string>>();
            english[sign.Id] = name;
        }
        return new Dictionary<string, IReadOnlyDictionary<int, string>> { ["en"] = english };
    }
}
