using System.Numerics;

namespace Gesto.Training.Simulation;

/// <summary>An RGB colour, 0…1 each.</summary>
internal readonly record struct Rgb(float R, float G, float B)
{
    public Rgb Times(float factor) => new(R * factor, G * factor, B * factor);

    public Rgb Towards(Rgb other, float weight) =>
        new(R + (other.R - R) * weight, G + (other.G - G) * weight, B + (other.B - B) * weight);
}

/// <summary>What is peculiar to one signer and to the place where he is recorded; the same for all his
/// samples.</summary>
internal sealed record Signer
{
    private static readonly Rgb[] Skins =
    [
        new(0.96f, 0.80f, 0.70f),
        new(0.90f, 0.72f, 0.58f),
        new(0.80f, 0.60f, 0.46f),
        new(0.66f, 0.47f, 0.34f),
        new(0.47f, 0.32f, 0.23f),
    ];

    private static readonly Rgb[] Hairs =
    [
        new(0.10f, 0.08f, 0.07f),
        new(0.24f, 0.15f, 0.09f),
        new(0.45f, 0.30f, 0.16f),
        new(0.75f, 0.60f, 0.35f),
        new(0.55f, 0.55f, 0.56f),
    ];

    private static readonly Rgb[] Cloths =
    [
        new(0.13f, 0.14f, 0.17f),
        new(0.16f, 0.23f, 0.40f),
        new(0.42f, 0.12f, 0.15f),
        new(0.18f, 0.34f, 0.26f),
        new(0.32f, 0.34f, 0.37f),
        new(0.30f, 0.20f, 0.36f),
        new(0.20f, 0.40f, 0.46f),
    ];

    private static readonly Rgb[] Walls =
    [
        new(0.72f, 0.74f, 0.76f),
        new(0.80f, 0.77f, 0.70f),
        new(0.58f, 0.66f, 0.70f),
        new(0.68f, 0.72f, 0.62f),
        new(0.50f, 0.52f, 0.56f),
    ];

    private Signer() { }

    /// <summary>1…S; also the number in <see cref="Name"/>.</summary>
    public required int Number { get; init; }

    public string Name => FormattableString.Invariant($"P{Number:00}");

    public required Skeleton Skeleton { get; init; }

    public required bool LeftHanded { get; init; }

    /// <summary>Duration factor, about 0.8…1.25.</summary>
    public required double Tempo { get; init; }

    /// <summary>Factor on the extent of movements, about 0.75…1.3.</summary>
    public required double Amplitude { get; init; }

    /// <summary>How this signer displaces every place, metres.</summary>
    public required Vector3 PlaceOffset { get; init; }

    /// <summary>How this signer turns every hand: axis × angle, radians.</summary>
    public required Vector3 HandTurn { get; init; }

    /// <summary>0 (crisp) … 0.25: how far every handshape stays on the way to the relaxed hand.</summary>
    public required float Looseness { get; init; }

    public required Rgb Skin { get; init; }

    public required Rgb Hair { get; init; }

    public required bool LongHair { get; init; }

    public required Rgb Clothes { get; init; }

    public required Rgb Wall { get; init; }

    /// <summary>Camera in the body frame, metres.</summary>
    public required Vector3 Camera { get; init; }

    /// <summary>Point the camera looks at, body frame, metres.</summary>
    public required Vector3 LookAt { get; init; }

    /// <summary>Direction to the light, body frame, unit length.</summary>
    public required Vector3 Light { get; init; }

    /// <summary>Brightness factor of the picture, about 0.8…1.15.</summary>
    public required float Brightness { get; init; }

    /// <summary>Radar in the body frame, metres.</summary>
    public required Vector3 Radar { get; init; }

    /// <summary>Seed of the background and the clutter.</summary>
    public required ulong SceneSeed { get; init; }

    public static Signer Create(ulong seed, int number)
    {
        var random = new SeededRandom(seed, SeededRandom.HashOf("signer"), (ulong)number);
        double scale = Math.Clamp(1 + random.Normal(0.05), 0.88, 1.13);
        return new Signer
        {
            Number = number,
            Skeleton = new Skeleton(scale),
            LeftHanded = random.Chance(0.1),
            Tempo = Math.Clamp(1 + random.Normal(0.1), 0.78, 1.28),
            Amplitude = Math.Clamp(1 + random.Normal(0.11), 0.72, 1.32),
            PlaceOffset = random.NormalVector(0.014),
            HandTurn = random.NormalVector(0.10),
            Looseness = (float)random.Between(0, 0.16),
            Skin = random.Pick(Skins).Times((float)random.Between(0.95, 1.03)),
            Hair = random.Pick(Hairs),
            LongHair = random.Chance(0.5),
            Clothes = random.Pick(Cloths).Times((float)random.Between(0.85, 1.2)),
            Wall = random.Pick(Walls).Times((float)random.Between(0.9, 1.08)),
            Camera = new(
                (float)random.Normal(0.06),
                0.02f + (float)random.Normal(0.05),
                1.13f + (float)random.Normal(0.04)
            ),
            LookAt = new((float)random.Normal(0.015), -0.03f + (float)random.Normal(0.015), 0),
            Light = Vector3.Normalize(new((float)random.Normal(0.5), 0.9f, 0.6f)),
            Brightness = (float)random.Between(0.85, 1.12),
            Radar = new(
                (float)random.Normal(0.05),
                -0.08f + (float)random.Normal(0.04),
                1.12f + (float)random.Normal(0.06)
            ),
            SceneSeed = random.NextBits(),
        };
    }
}
