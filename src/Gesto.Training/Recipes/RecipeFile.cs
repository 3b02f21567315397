using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gesto.Recordings;

namespace Gesto.Training.Recipes;

/// <summary>Recipes as JSON: camelCase keys, what is left out keeps its default, an unknown key is an error.</summary>
public static class RecipeFile
{
    /// <summary>The resolved recipe in the directory of a run or an ensemble.</summary>
    public const string FileName = "recipe.json";

    /// <summary>The recipes that come with Gesto, beside the program.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "recipes");

    // The reflection serializer on purpose: the source generator turns properties left out into 0 instead of their
    // default.
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Loads a recipe by its name in <see cref="Folder"/> or by its path, with values set over it.</summary>
    /// <param name="nameOrPath">"late-fusion", or a path that ends in ".json".</param>
    /// <param name="overrides">"key=value" each, e.g. "training.batch=32", "modalities=[\"rgb\"]".</param>
    /// <exception cref="InvalidDataException">An unknown key (the message names the nearest) or a bad
    /// value.</exception>
    /// <exception cref="FileNotFoundException">No such recipe; the message lists those there are.</exception>
    public static Recipe Load(string nameOrPath, IEnumerable<string>? overrides = null)
    {
        bool isPath = nameOrPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        string path = isPath ? nameOrPath : Path.Combine(Folder, nameOrPath + ".json");
        if (!File.Exists(path))
            throw new FileNotFoundException(
                isPath
                    ? $"{path}: no such recipe file."
                    : $"No recipe '{nameOrPath}'. There are: {string.Join(", ", Names())}; or give the path of a .json file."
            );
        return Parse(File.ReadAllText(path), path, overrides);
    }

    /// <summary>Sets values over a recipe.</summary>
    /// <param name="recipe">Stays as it is.</param>
    /// <param name="overrides">As in <see cref="Load"/>.</param>
    /// <exception cref="InvalidDataException">As of <see cref="Load"/>.</exception>
    public static Recipe With(Recipe recipe, IReadOnlyCollection<string> overrides) =>
        overrides.Count == 0 ? recipe : Parse(Format(recipe), $"recipe '{recipe.Name}'", overrides);

    /// <summary>Loads the members of a recipe that has some.</summary>
    /// <returns>The recipe without members that take only what there is not: landmarks vote where there are
    /// any.</returns>
    /// <param name="recipe">Stays as it is.</param>
    /// <param name="there">What a feature set has.</param>
    internal static Recipe Among(Recipe recipe, IReadOnlyCollection<Modality> there)
    {
        string[] names = [.. there.Select(m => m.Name)];
        IReadOnlyList<string>[] voices =
        [
            .. recipe
                .Members.Zip(LoadMembers(recipe, []))
                .Where(m => m.Second.Modalities.Intersect(names).Any())
                .Select(m => m.First),
        ];
        return voices.Length < 2 ? recipe : recipe with { Members = voices };
    }

    /// <param name="recipe">Its members' own values win over <paramref name="overrides"/>.</param>
    /// <param name="overrides">As in <see cref="Load"/>, for every member.</param>
    public static IReadOnlyList<Recipe> LoadMembers(Recipe recipe, IEnumerable<string> overrides) =>
        [
            .. recipe.Members.Select(m =>
                Load(m[0], [.. overrides, .. m.Skip(1)]) with
                {
                    CostlyPairs = recipe.CostlyPairs,
                }
            ),
        ];

    /// <returns>Names of the recipes in <see cref="Folder"/>, in ordinal order.</returns>
    public static IReadOnlyList<string> Names() =>
        Directory.Exists(Folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(Folder, "*.json")
                    .Select(f => Path.GetFileNameWithoutExtension(f)!)
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    public static string Format(Recipe recipe) => JsonSerializer.Serialize(recipe, Options) + "\n";

    /// <param name="json">The recipe's text.</param>
    /// <param name="place">What to call it in errors.</param>
    /// <param name="overrides">As in <see cref="Load"/>.</param>
    public static Recipe Parse(string json, string place, IEnumerable<string>? overrides = null)
    {
        JsonObject root;
        try
        {
            root =
                JsonNode.Parse(
                    json,
                    documentOptions: new()
                    {
                        CommentHandling = JsonCommentHandling.Skip,
                        AllowTrailingCommas = true,
                        AllowDuplicateProperties = false,
                    }
                ) as JsonObject
                ?? throw new InvalidDataException($"{place}: a recipe is a JSON object {{…}}.");
            CheckKeys(root, typeof(Recipe), "", place);
        }
        // the latter of half of a surrogate pair
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{place}: not JSON: {e.Message}", e);
        }
        foreach (string setting in overrides ?? [])
            Set(root, setting);
        Recipe recipe;
        try
        {
            recipe = root.Deserialize<Recipe>(Options)!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            string key = (e as JsonException)?.Path?.TrimStart('$', '.') ?? "";
            throw new InvalidDataException($"{place}: {key} has a value of the wrong kind{Choices(key)}.", e);
        }
        recipe.Check(place);
        return recipe;
    }

    private static void Set(JsonObject root, string setting)
    {
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new InvalidDataException($"setting {setting}: expected key=value, e.g. training.batch=32.");
        string[] keys = setting[..equals].Split('.');
        JsonObject node = root;
        Type type = typeof(Recipe);
        for (int i = 0; i < keys.Length; i++)
        {
            PropertyInfo property = Find(type, keys[i], string.Join('.', keys[..i]), $"setting {setting}");
            type = property.PropertyType;
            if (i == keys.Length - 1)
            {
                if (IsGroup(type))
                    throw new InvalidDataException(
                        $"setting {setting}: '{keys[i]}' is a group; set one of its keys: {string.Join(", ", Keys(type))}."
                    );
                node[keys[i]] = ParseValue(setting[(equals + 1)..]);
            }
            else
            {
                if (!IsGroup(type))
                    throw new InvalidDataException($"setting {setting}: '{keys[i]}' has no keys below it.");
                if (node[keys[i]] is not JsonObject)
                    node[keys[i]] = new JsonObject();
                node = (JsonObject)node[keys[i]]!;
            }
        }
    }

    private static JsonNode? ParseValue(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text); // a bare word is a string
        }
    }

    private static void CheckKeys(JsonObject node, Type type, string prefix, string place)
    {
        foreach ((string key, JsonNode? value) in node)
        {
            Type kind = Find(type, key, prefix, place).PropertyType;
            if (!IsGroup(kind))
                continue;
            string path = prefix.Length == 0 ? key : $"{prefix}.{key}";
            CheckKeys(
                value as JsonObject ?? throw new InvalidDataException($"{place}: {path} is a group {{…}} of keys."),
                kind,
                path,
                place
            );
        }
    }

    private static PropertyInfo Find(Type type, string key, string prefix, string place)
    {
        PropertyInfo? found = Properties(type).FirstOrDefault(p => KeyOf(p) == key);
        if (found is not null)
            return found;
        string nearest = Keys(type).MinBy(k => EditDistance.Between(key, k))!;
        string Full(string k) => prefix.Length == 0 ? k : $"{prefix}.{k}";
        throw new InvalidDataException(
            $"{place}: unknown key '{Full(key)}'; did you mean '{Full(nearest)}'? Valid here: {string.Join(", ", Keys(type))}."
        );
    }

    private static string Choices(string key)
    {
        Type type = typeof(Recipe);
        foreach (string part in key.Split('.'))
        {
            if (Properties(type).FirstOrDefault(p => KeyOf(p) == part) is not { } property)
                return "";
            type = property.PropertyType;
        }
        return type.IsEnum
            ? $"; expected {string.Join(" or ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName))}"
            : $"; expected {(type == typeof(bool) ? "true or false" : type == typeof(string) ? "text" : type == typeof(int) ? "a whole number" : type == typeof(double) ? "a number" : "a list of text")}";
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite);

    private static IEnumerable<string> Keys(Type type) => Properties(type).Select(KeyOf);

    private static string KeyOf(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static bool IsGroup(Type type) => type.IsClass && type.Namespace == typeof(Recipe).Namespace;
}
