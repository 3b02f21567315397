using System.Text.Json;

namespace Gesto.Radar;

/// <summary>A JSON file of settings that lies beside a raw recording, read with errors that name file, key, what was
/// found and what is expected.</summary>
internal sealed class KitSettings : IDisposable
{
    /// <summary>Far more than any kit writes.</summary>
    private const long MostBytes = 1 << 20;

    private readonly string path,
        place;
    private readonly JsonDocument document;
    private readonly JsonElement element;

    private KitSettings(string path, string place, JsonDocument document, JsonElement element) =>
        (this.path, this.place, this.document, this.element) = (path, place, document, element);

    /// <summary>Names of the keys that are there.</summary>
    public IEnumerable<string> Keys => element.EnumerateObject().Select(p => p.Name);

    /// <exception cref="InvalidDataException">Not a JSON object, or none in that place.</exception>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    public static KitSettings Load(string path, params string[] objects)
    {
        if (new FileInfo(path).Length > MostBytes)
            throw new InvalidDataException(
                $"{path}: {new FileInfo(path).Length} bytes, expected a radar's settings of at most {MostBytes}."
            );
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(File.ReadAllBytes(path));
            ReadNames(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not JSON: {e.Message}", e);
        }
        JsonElement element = document.RootElement;
        foreach (string name in objects)
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement inner))
                element = inner;
            else
                throw new InvalidDataException(
                    $"{path}: found no '{name}', expected the settings in {string.Join(" / ", objects)}."
                );
        }
        return element.ValueKind == JsonValueKind.Object
            ? new KitSettings(path, string.Concat(objects.Select(o => o + ".")), document, element)
            : throw new InvalidDataException($"{path}: found {element.ValueKind}, expected an object of settings.");
    }

    /// <summary>A document is parsed with names and words that are no text, and says so when they are read: here, once
    /// for all.</summary>
    /// <exception cref="InvalidOperationException">There is such a one.</exception>
    private static void ReadNames(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String)
            element.GetString();
        else if (element.ValueKind == JsonValueKind.Array)
            foreach (JsonElement item in element.EnumerateArray())
                ReadNames(item);
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                _ = property.Name;
                ReadNames(property.Value);
            }
        }
    }

    public bool Has(string key) => element.TryGetProperty(key, out _);

    /// <returns>A number within the limits.</returns>
    public double Number(string key, double low, double high, params string[] olderNames)
    {
        string present = olderNames.Prepend(key).FirstOrDefault(Has) ?? key;
        return
            element.TryGetProperty(present, out JsonElement value)
            && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out double number)
            && number >= low
            && number <= high
            ? number
            : throw Wrong(present, FormattableString.Invariant($"a number from {low:G4} to {high:G4}"));
    }

    /// <returns>A whole number within the limits.</returns>
    public int Whole(string key, int low, int high) =>
        element.TryGetProperty(key, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out int number)
        && number >= low
        && number <= high
            ? number
            : throw Wrong(key, $"a whole number from {low} to {high}");

    /// <returns>One of some words; the first where there is no such key.</returns>
    public string Word(string key, params string[] words)
    {
        if (!element.TryGetProperty(key, out JsonElement value))
            return words[0];
        return words.FirstOrDefault(word => value.ValueKind == JsonValueKind.String && value.ValueEquals(word))
            ?? throw Wrong(key, string.Join(" or ", words.Select(w => $"\"{w}\"")));
    }

    /// <returns>How many entries a list has.</returns>
    public int Count(string key, int most) =>
        element.TryGetProperty(key, out JsonElement value)
        && value.ValueKind == JsonValueKind.Array
        && value.GetArrayLength() is var n
        && n >= 1
        && n <= most
            ? n
            : throw Wrong(key, $"a list of 1 to {most} entries");

    public void Dispose() => document.Dispose();

    private InvalidDataException Wrong(string key, string expected)
    {
        string found = element.TryGetProperty(key, out JsonElement value) ? value.GetRawText() : "nothing";
        return new(
            $"{path}: '{place}{key}' is {(found.Length > 60 ? found[..60] + "…" : found)}, expected {expected}."
        );
    }
}
