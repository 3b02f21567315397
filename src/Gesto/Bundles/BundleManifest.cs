using System.Text.Json;
using System.Text.Json.Nodes;
using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Video;

namespace Gesto.Bundles;

/// <summary>`bundle.json`: all that a bundle is, but for its networks.</summary>
internal sealed record BundleManifest
{
    public const int CurrentFormat = 2;

    /// <summary>Values of one recording's modality, 256 MB.</summary>
    private const int LargestClip = 1 << 26;

    /// <summary>Of a frame, pixels.</summary>
    private const int LargestSide = 1024;

    /// <summary>Bumped when the files of a bundle change their meaning.</summary>
    public required int Format { get; init; }

    /// <summary>Of the recipe, e.g. "late-fusion".</summary>
    public required string Name { get; init; }

    /// <summary>The Gesto that wrote it, version+commit.</summary>
    public required string Program { get; init; }

    public required IReadOnlyList<SignClass> Labels { get; init; }

    /// <summary>Language → class id → name, where other names are known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<int, string>> Names { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<int, string>>();

    /// <summary>The modalities it takes, and how the steps of each are made.</summary>
    public required PerModality<FeatureKey> Keys { get; init; }

    /// <summary>Null where RGB frames are taken as they are, or none.</summary>
    public BundledRgbEncoder? RgbEncoder { get; init; }

    /// <summary>Null where landmarks come as files, or none.</summary>
    public BundledLandmarker? Landmarker { get; init; }

    /// <summary>One, or those that vote.</summary>
    public required IReadOnlyList<BundledMember> Members { get; init; }

    /// <summary>Of several that vote: the weights of all members where only some modalities are there, by their names,
    /// e.g. "rgb+radar"; what is not named goes by <see cref="BundledMember.Weight"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Subsets { get; init; } =
        new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>Of the whole: what the vote's temperature is where several vote.</summary>
    public required Calibration Calibration { get; init; }

    public required IReadOnlyList<IReadOnlyList<string>> CostlyPairs { get; init; }

    /// <summary>SHA-256 of the samples learnt from; of several runs, theirs.</summary>
    public required string TrainedOn { get; init; }

    /// <summary>True where it learnt from a simulator's recordings; null where that is not known.</summary>
    public bool? Simulated { get; init; }

    /// <summary>Results that were measured before it was exported, by split, as an evaluation writes
    /// them.</summary>
    public JsonObject Metrics { get; init; } = [];

    /// <summary>Another format may have other fields, so it is looked at first.</summary>
    /// <exception cref="BundleException">Another format.</exception>
    /// <exception cref="JsonException">No JSON.</exception>
    public static void CheckFormat(string path, byte[] manifest)
    {
        using JsonDocument document = JsonDocument.Parse(manifest);
        if (
            document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("format", out JsonElement format)
            && !(
                format.ValueKind == JsonValueKind.Number
                && format.TryGetInt32(out int number)
                && number == CurrentFormat
            )
        )
            throw new BundleException(
                $"{path}: {BundleFile.ManifestEntry}: format {format}, this Gesto reads {CurrentFormat}. Export the run again, or use the Gesto that wrote it."
            );
    }

    /// <exception cref="BundleException">Values that do not go together.</exception>
    public void Check(string path)
    {
        Require(
            Labels.Count is > 0 and <= 100_000
                && Labels.All(l => l?.Name is not null)
                && Labels.DistinctBy(l => l.Id).Count() == Labels.Count,
            "labels are empty, or an id stands twice"
        );
        Require(
            Members.Count is > 0 and <= 64
                && Members.All(m => m is { Weight: >= 0 and <= 1, Temperature: > 0 and <= 1000 }),
            "members have weights of 0 to 1 and temperatures above 0"
        );
        Require(
            Subsets.Count <= 256
                && Subsets.Values.All(w => w?.Count == Members.Count && w.All(v => v is >= 0 and <= 1e6)),
            "weights of 0 or more of each member for each subset"
        );
        foreach (BundledMember member in Members)
        {
            Require(member.Views is >= 1 and <= 64, "views of 1 to 64");
            Require(member.TempoSpread is >= 0 and < 1, "a tempo spread of 0 to 1");
            Require(member.Steps is >= 0 and <= 4096, "steps of 0 to 4096");
            Require(member.Parameters >= 0, "parameters of 0 or more");
            Require(member.Antennas is >= 1 and <= 64, "antennas of 1 to 64");
            Require(member.Streams.Count > 0, "a member that takes something");
            foreach ((Modality modality, BundledStream stream) in member.Streams)
            {
                Require(Keys[modality] is not null, $"a key of {modality}, which a member takes");
                Require(
                    stream is { Width: >= 1 and <= 1 << 24, Longest: >= 1 and <= 4096, EncoderSteps: >= 0 and <= 4096 },
                    "a stream's width, longest and steps"
                );
            }
            Require(member.Masks.Count > 0 && member.Masks.All(m => m is not null), "masks of each member");
        }
        Require(
            Calibration is { Temperature: > 0 and <= 1000, UnknownBelow: >= 0 and <= 1 },
            "a calibration's temperature above 0 and threshold of 0 to 1"
        );
        foreach (FeatureKey key in Keys.Values)
            Require(
                key.Shape is { Length: >= 2 and <= 4 }
                    && key.Shape.All(n => n is >= 1 and <= 1 << 16)
                    && key.Shape.Aggregate(1.0, (a, b) => a * b) <= LargestClip,
                $"a shape of {key.Modality}"
            );
        try
        {
            foreach (Modality modality in new[] { Modality.Rgb, Modality.Radar })
                Require(
                    Keys[modality] is not { } key || FrameSampling.Parse(key.Sampling).Length == key.Shape[0],
                    $"a sampling of {modality} of as many frames as its shape has"
                );
            if (Keys[Modality.Rgb] is { } rgb)
                CheckEncoder(
                    rgb,
                    FrameFits.Parse(HandCropReader.WithoutHands(rgb)).Preprocessing,
                    HandCropReader.PicturesOf(rgb)
                );
            if (Keys[Modality.Landmarks] is { Encoder: VideoLandmarkReader.EncoderName } landmarks)
                Require(
                    Landmarker is { IsWhole: true }
                        && FrameSampling.Parse(landmarks.Sampling).Length == landmarks.Shape[0]
                        && landmarks.Shape is [_, LandmarkFeatures.Width],
                    "a landmarker to go with landmarks"
                );
            if (Keys[Modality.Radar] is { IsFrames: true } radar)
                _ = RadarFormat.Parse(radar.Preprocessing);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or OverflowException)
        {
            throw new BundleException($"{path}: {BundleFile.ManifestEntry}: {e.Message}", e);
        }
        Require(
            CostlyPairs.All(p => p is { Count: 2 } && p.All(name => name is not null)),
            "costly pairs of two names"
        );

        void CheckEncoder(FeatureKey rgb, string preprocessing, int pictures)
        {
            Require(pictures == 1 || Landmarker is { IsWhole: true }, "a landmarker to go with hand crops");
            if (RgbEncoder is not { } encoder)
                Require(
                    pictures == 1
                        && rgb.Encoder == RgbPixels.EncoderName
                        && rgb.Shape is [_, 3, var height, var width]
                        && height == width
                        && width <= LargestSide,
                    "rgb_encoder, or square frames of 3 colours as they are"
                );
            else
                Require(
                    encoder.Side is >= 1 and <= LargestSide
                        && encoder.Name == rgb.Encoder
                        && encoder.Preprocessing == preprocessing
                        && (
                            pictures == 1
                                ? encoder.Shape.SequenceEqual(rgb.Shape[1..])
                                : encoder.Shape.Count == 1
                                    && rgb.Shape is [_, var width]
                                    && width == pictures * encoder.Shape[0]
                        ),
                    "rgb_encoder to go with rgb"
                );
        }

        void Require(bool holds, string what)
        {
            if (!holds)
                throw new BundleException($"{path}: {BundleFile.ManifestEntry}: expected {what}.");
        }
    }
}

/// <summary>The network that makes features of RGB frames: input "frames" (N, 3, side, side) float32, scaled as
/// <see cref="Preprocessing"/> says, output "features".</summary>
/// <param name="Entry">Its file in the bundle.</param>
/// <param name="Name">As in feature keys.</param>
/// <param name="Preprocessing">Likewise, without the fit.</param>
/// <param name="Side">Height and width of the frames, pixels.</param>
/// <param name="Shape">Of a frame's features.</param>
/// <param name="DType">numpy type in which training stored them.</param>
internal sealed record BundledRgbEncoder(
    string Entry,
    string Name,
    string Preprocessing,
    int Side,
    IReadOnlyList<int> Shape,
    string DType
)
{
    /// <returns>What goes into it and comes out.</returns>
    /// <param name="anySide">It takes hands, too, and is free in the frames' side.</param>
    public NetworkPorts Ports(bool anySide = false) =>
        new(
            Name.EndsWith(ResNet50Network.MapsSuffix, StringComparison.Ordinal)
                ? ResNet50Network.Maps
                : ResNet50Network.Features,
            new NetworkInput(
                ResNet50Network.Frames,
                typeof(float),
                NetworkInput.Free,
                3,
                anySide ? NetworkInput.Free : Side,
                anySide ? NetworkInput.Free : Side
            )
        );
}

/// <summary>A run among those that vote, or the only one.</summary>
internal sealed record BundledMember
{
    public required string Name { get; init; }

    /// <summary>Part in the vote, 0…1.</summary>
    public required double Weight { get; init; }

    /// <summary>Its own.</summary>
    public required double Temperature { get; init; }

    /// <summary>How it takes each modality.</summary>
    public required PerModality<BundledStream> Streams { get; init; }

    /// <summary>Parts of the radar that can be missing by themselves; 1 where they cannot.</summary>
    public int Antennas { get; init; } = 1;

    /// <summary>The network's file: for each modality by its name "rgb" (B, T, F) and "rgb_lengths" (B) int64,
    /// "antennas"
    /// (A) float32 with 0 for those that are hidden; output "logits" (B, K).</summary>
    public required string Classifier { get; init; }

    /// <summary>Tempos at which a recording is shown; their logits are averaged.</summary>
    public int Views { get; init; } = 1;

    /// <summary>The tempos are 1 ± this.</summary>
    public double TempoSpread { get; init; }

    /// <summary>A longer recording is shown in so many steps; 0 = in all it has.</summary>
    public int Steps { get; init; }

    /// <summary>What it can do with: everything first.</summary>
    public required IReadOnlyList<ModalityMask> Masks { get; init; }

    /// <summary>Numbers that training found.</summary>
    public long Parameters { get; init; }

    /// <summary>The files of its recipe and of its facts, samples named by hash: for evaluation and votes, not read
    /// to recognise. Null in a bundle that has none.</summary>
    public string? Recipe { get; init; }

    /// <inheritdoc cref="Recipe"/>
    public string? Facts { get; init; }
}

/// <summary>How a member takes one modality.</summary>
/// <param name="Encoder">The file of a network: "frames" (T, …) float32 of one recording → "features" (T, F); null =
/// features come as they are.</param>
/// <param name="EncoderSteps">It sees so many steps of a longer recording; 0 = all.</param>
/// <param name="Centred">Each feature loses its mean over the recording first.</param>
/// <param name="Longest">No more steps are shown.</param>
/// <param name="Width">F.</param>
internal sealed record BundledStream(string? Encoder, int EncoderSteps, bool Centred, int Longest, int Width);
