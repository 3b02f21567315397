using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gesto.Recordings;

/// <summary>One value for each of some modalities, in the order of <see cref="Modality.All"/>. Immutable; a JSON object
/// by their names.</summary>
/// <typeparam name="T">Of the values.</typeparam>
/// <remarks>Thread-safe.</remarks>
[JsonConverter(typeof(PerModalityConverter))]
[SuppressMessage("Naming", "CA1710", Justification = "It is read as a map, and called by what it is a map from.")]
public sealed class PerModality<T> : IReadOnlyCollection<KeyValuePair<Modality, T>>
    where T : class
{
    private readonly KeyValuePair<Modality, T>[] values;

    private PerModality(IEnumerable<KeyValuePair<Modality, T>> values) => this.values = [.. values];

    /// <summary>Of no modality.</summary>
    internal static PerModality<T> None { get; } = new([]);

    /// <summary>For how many modalities there is a value.</summary>
    public int Count => values.Length;

    /// <summary>Those that have a value.</summary>
    public IEnumerable<Modality> Modalities => values.Select(v => v.Key);

    /// <summary>The values alone.</summary>
    public IEnumerable<T> Values => values.Select(v => v.Value);

    /// <summary>Null for a modality without a value.</summary>
    public T? this[Modality modality] => values.FirstOrDefault(v => v.Key == modality).Value;

    /// <returns>The same with another value for one modality; null takes it out.</returns>
    public PerModality<T> With(Modality modality, T? value)
    {
        IEnumerable<KeyValuePair<Modality, T>> others = values.Where(v => v.Key != modality);
        return new(value is null ? others : others.Append(new(modality, value)).OrderBy(v => v.Key.Order));
    }

    /// <returns>For each modality what a function makes of its value; none where it makes null.</returns>
    public PerModality<TOther> Select<TOther>(Func<Modality, T, TOther?> make)
        where TOther : class =>
        values.Aggregate(PerModality<TOther>.None, (made, v) => made.With(v.Key, make(v.Key, v.Value)));

    /// <returns>Some of them.</returns>
    public PerModality<T> Where(Func<Modality, bool> wanted) => new(values.Where(v => wanted(v.Key)));

    /// <returns>In order.</returns>
    public IEnumerator<KeyValuePair<Modality, T>> GetEnumerator() => values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Makes a <see cref="PerModality{T}"/>.</summary>
internal static class PerModality
{
    /// <returns>A value for each modality for which a function makes one.</returns>
    public static PerModality<T> For<T>(IEnumerable<Modality> modalities, Func<Modality, T?> make)
        where T : class => modalities.Aggregate(PerModality<T>.None, (made, m) => made.With(m, make(m)));

    /// <returns>RGB and radar, whichever is there.</returns>
    public static PerModality<T> Of<T>(T? rgb, T? radar)
        where T : class => PerModality<T>.None.With(Modality.Rgb, rgb).With(Modality.Radar, radar);
}

/// <summary>As a JSON object by the modalities' names.</summary>
internal sealed class PerModalityConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(PerModality<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)
            Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Converter<T> : JsonConverter<PerModality<T>>
        where T : class
    {
        public override PerModality<T> Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        )
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("expected an object with a value for each modality.");
            PerModality<T> read = PerModality<T>.None;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (Modality.TryNamed(name) is not { } modality)
                    throw new JsonException($"modality '{name}' is not known to this program.");
                if (read[modality] is not null)
                    throw new JsonException($"modality '{name}' stands there twice.");
                T value = JsonSerializer.Deserialize<T>(ref reader, options)
                    ?? throw new JsonException($"modality '{name}' is null.");
                read = read.With(modality, value);
            }
            return read;
        }

        public override void Write(Utf8JsonWriter writer, PerModality<T> value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach ((Modality modality, T one) in value)
            {
                writer.WritePropertyName(modality.Name);
                JsonSerializer.Serialize(writer, one, options);
            }
            writer.WriteEndObject();
        }
    }
}
