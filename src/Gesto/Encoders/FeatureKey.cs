using System.Text.Json;
using System.Text.Json.Serialization;
using Gesto.Files;

namespace Gesto.Encoders;

/// <summary>What the arrays of a store are and how they were made. Two stores may be mixed only if their keys are
/// equal.</summary>
/// <remarks>Immutable, but for the elements of <see cref="Shape"/>, which nobody changes; thread-safe.</remarks>
public sealed record FeatureKey
{
    /// <summary>The modality's name, e.g. "rgb" or "radar".</summary>
    public required string Modality { get; init; }

    /// <summary>What made them, e.g. "resnet50-v1", "small-cnn", "radar-frames", "radar-cnn".</summary>
    public required string Encoder { get; init; }

    /// <summary>SHA-256 of the encoder's weights, "" where it has none.</summary>
    public required string Weights { get; init; }

    /// <summary>Resize and value scaling in words, e.g. "bilinear-antialias 224x224, BGR minus mean".</summary>
    public required string Preprocessing { get; init; }

    /// <summary>Which frames were taken, e.g. "linspace-30".</summary>
    public required string Sampling { get; init; }

    /// <summary>numpy type of the arrays, e.g. "&lt;f4".</summary>
    public required string DType { get; init; }

    /// <summary>Shape of every array: (T, 2048), (T, 96) or (T, A, R, D), T the padded number of frames.</summary>
    public required int[] Shape { get; init; }

    /// <summary>Bumped when Gesto changes how the same settings make features.</summary>
    public int Version { get; init; } = 1;

    /// <summary>True where steps are whole frames, pictures or radar maps; false where they are features.</summary>
    [JsonIgnore]
    public bool IsFrames => Shape.Length > 2;

    /// <exception cref="InvalidDataException">No array can have this type or shape.</exception>
    internal void Check(FileCheck check, string prefix = "")
    {
        int size = NpyFile.ElementSize(DType);
        check.Require(size > 0, prefix + nameof(DType), $"'{DType}'", "a numpy type, e.g. '<f4'");
        check.Require(
            Shape.Length is >= 2 and <= 4
                && Shape.All(n => n > 0)
                && Shape.Aggregate((double)size, (product, n) => product * n) <= Array.MaxLength,
            prefix + nameof(Shape),
            $"({string.Join(',', Shape)})",
            "two to four lengths of 1 or more, less than 2 GB together"
        );
    }

    /// <returns>The first field in which the other key differs, as "name: this / other"; null when they are
    /// equal.</returns>
    internal string? DifferenceTo(FeatureKey other)
    {
        using var left = JsonSerializer.SerializeToDocument(this);
        using var right = JsonSerializer.SerializeToDocument(other);
        foreach (JsonProperty property in left.RootElement.EnumerateObject())
        {
            string theirs = right.RootElement.GetProperty(property.Name).GetRawText();
            if (property.Value.GetRawText() != theirs)
                return $"{property.Name}: {property.Value.GetRawText()} / {theirs}";
        }
        return null;
    }
}
