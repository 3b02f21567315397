using System.Collections.Concurrent;
using System.Text.Json;

namespace Gesto.Files;

/// <summary>Reads the JSON files that Gesto itself has written, and says what is wrong where one was damaged or edited
/// since.</summary>
/// <remarks>A value left out that must be there, null for one that cannot be, and a name given twice are wrong. What is
/// inside lists and maps, and numbers' ranges, the callers look at: <see cref="FileCheck"/>.</remarks>
internal static class JsonFile
{
    /// <summary>The strict reader of each writer's options, which are a few for the whole process.</summary>
    private static readonly ConcurrentDictionary<JsonSerializerOptions, JsonSerializerOptions> Strict = new();

    /// <param name="path">A file that is there.</param>
    /// <param name="expected">What it should hold, with its article: "a calibration".</param>
    /// <param name="cure">What to do about a damaged one.</param>
    /// <param name="options">Those it was written with.</param>
    /// <exception cref="InvalidDataException">Not JSON, or JSON of something else.</exception>
    public static T Load<T>(string path, string expected, Cure cure, JsonSerializerOptions? options = null)
        where T : class => Parse<T>(File.ReadAllText(path), path, expected, cure, options);

    /// <summary>As <see cref="Load"/>, of a text that came from <paramref name="place"/>.</summary>
    public static T Parse<T>(
        string text,
        string place,
        string expected,
        Cure cure,
        JsonSerializerOptions? options = null
    )
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, StrictOf(options)) ?? throw new JsonException("it is null.");
        }
        // the latter of half of a surrogate pair
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw cure.Error($"{place}: not {expected}: {e.Message}", e);
        }
    }

    private static JsonSerializerOptions StrictOf(JsonSerializerOptions? options) =>
        Strict.GetOrAdd(options ?? JsonSerializerOptions.Default, o => new(o)
            {
                RespectNullableAnnotations = true,
                RespectRequiredConstructorParameters = true,
                AllowDuplicateProperties = false,
            });
}
