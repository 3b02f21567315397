using System.Text.Json;
using Gesto.Files;

namespace Gesto.Training.Simulation;

/// <summary>What the files of a simulated sample are, as in an edition of the challenge.</summary>
public enum SampleLayout
{
    /// <summary>RGB video and three range-Doppler videos.</summary>
    Challenge2025 = 2025,

    /// <summary>Three range-time maps `.npy`, float32 dB, (T, R), and no RGB.</summary>
    Challenge2026 = 2026,
}

/// <summary>What is simulated. Everything but <see cref="Threads"/> and <see cref="Replace"/> decides the
/// bytes.</summary>
public sealed record SimulationOptions
{
    /// <summary>The defaults of the 2026 layout: 256 range bins as in the challenge, which reach 5.5 m; 64 chirps a
    /// frame, because their power is averaged and more show nothing new.</summary>
    public static SimulationOptions Challenge2026 { get; } =
        new()
        {
            Layout = SampleLayout.Challenge2026,
            RangeBins = 256,
            DopplerBins = 64,
        };

    public SampleLayout Layout { get; init; } = SampleLayout.Challenge2025;

    /// <summary>Radar of the 2025 layout as raw sessions of an Infineon kit, not as videos of maps.</summary>
    public bool RawRadar { get; init; }

    /// <summary>Joints of body and hands beside the video, as a detector would find them (see <see
    /// cref="LandmarkRecorder"/>).</summary>
    public bool Landmarks { get; init; }

    /// <summary>K, classes of the 126, 2…126.</summary>
    public int Classes { get; init; } = 126;

    /// <summary>S, signers in all splits together, ≥ 2.</summary>
    public int Signers { get; init; } = 6;

    /// <summary>Takes of every sign by every signer, ≥ 1.</summary>
    public int Takes { get; init; } = 2;

    public ulong Seed { get; init; } = 1;

    /// <summary>Signers of the validation split; null = 1 where there are 4 signers or more, else 0.</summary>
    public int? ValidationSigners { get; init; }

    /// <summary>Signers of the test split; null = a third, at least 1.</summary>
    public int? TestSigners { get; init; }

    /// <summary>RGB frames a second. Cameras give 25–30; 15 halves the cost of everything downstream and still gives
    /// about as many frames as the radar and more.</summary>
    public double FrameRateHz { get; init; } = 15;

    /// <summary>RGB pixels, even.</summary>
    public int Width { get; init; } = 320;

    /// <summary>RGB pixels, even.</summary>
    public int Height { get; init; } = 240;

    /// <summary>R, rows of a range-Doppler map or bins of a range-time map; see <see
    /// cref="Radar.FmcwWaveform.OfSize"/>.</summary>
    public int RangeBins { get; init; } = 64;

    /// <summary>D, columns of a range-Doppler map; chirps of a frame in either layout.</summary>
    public int DopplerBins { get; init; } = 128;

    /// <summary>Samples made at the same time.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Remove the files of a simulation with other options that is in the folder, and no others; one with the
    /// same options is gone on with, and a folder that holds no simulation is refused, whatever this says.</summary>
    public bool Replace { get; init; }

    /// <exception cref="InvalidDataException">A value is out of its range.</exception>
    public void Validate()
    {
        Require(Classes is >= 2 and <= 126, $"{Classes} classes: give 2…126");
        Require(Signers is >= 2 and <= 9999, $"{Signers} signers: give 2…9999");
        Require(Takes is >= 1 and <= 9999, $"{Takes} takes: give 1…9999");
        Require(FrameRateHz is >= 1 and <= 120, $"{FrameRateHz} frames a second: give 1…120");
        Require(
            Width is >= 64 and <= 4096 && Height is >= 64 and <= 4096 && Width % 2 == 0 && Height % 2 == 0,
            $"a picture of {Width}x{Height}: give even sizes from 64 to 4096, e.g. 320x240"
        );
        Require(
            !RawRadar || Layout == SampleLayout.Challenge2025,
            "raw radar in the 2026 layout, which is of range-time maps: leave one of them out"
        );
        Require(
            !Landmarks || Layout == SampleLayout.Challenge2025,
            "landmarks in the 2026 layout, which has no camera: leave one of them out"
        );
        Require(Threads >= 1, $"{Threads} threads: give 1 or more");
        try
        {
            Radar.FmcwWaveform.OfSize(RangeBins, DopplerBins);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
        (int train, int validation, int test) = SignersPerSplit();
        Require(
            train >= 1 && validation >= 0 && test >= 0,
            $"of {Signers} signers {validation} for validation and {test} for test leave {train} for train: at least 1 is needed"
        );
    }

    public (int Train, int Validation, int Test) SignersPerSplit()
    {
        int test = TestSigners ?? Math.Max(1, (int)Math.Round(Signers / 3.0, MidpointRounding.AwayFromZero));
        int validation = ValidationSigners ?? (Signers >= 4 ? 1 : 0);
        return (Signers - validation - test, validation, test);
    }

    /// <returns>The values that decide the bytes, as indented JSON.</returns>
    /// <returns>Pictures that the camera takes.</returns>
    internal int FramesOf(Performance performance) => Math.Max(1, (int)(performance.DurationSeconds * FrameRateHz));

    internal string ToJson()
    {
        (_, int validation, int test) = SignersPerSplit();
        var values = new Dictionary<string, object>
        {
            ["classes"] = Classes,
            ["signers"] = Signers,
            ["takes"] = Takes,
            ["seed"] = Seed,
            ["validationSigners"] = validation,
            ["testSigners"] = test,
        };
        // The layout is named only where it is not the first one: data sets from before there was a second stay the
        // same.
        if (Layout != SampleLayout.Challenge2025)
            values["layout"] = (int)Layout;
        else
            (values["frameRateHz"], values["width"], values["height"]) = (FrameRateHz, Width, Height);
        if (RawRadar)
            values["rawRadar"] = true;
        if (Landmarks)
            values["landmarks"] = true;
        values["rangeBins"] = RangeBins;
        values["dopplerBins"] = DopplerBins;
        values["version"] = DatasetWriter.Version;
        return JsonSerializer.Serialize(values, Indented) + "\n";
    }

    /// <summary>The options that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Damaged, edited, or written by a version that may have named files
    /// otherwise.</exception>
    internal static SimulationOptions FromJson(string json, string path)
    {
        const string cure = "Delete the simulation's files yourself, or give another folder.";
        var values = JsonFile.Parse<Dictionary<string, JsonElement>>(json, path, "the options of a simulation", cure);
        var check = new FileCheck(path, cure);
        SimulationOptions found =
            Whole("layout", (int)SampleLayout.Challenge2025) == (int)SampleLayout.Challenge2026 ? Challenge2026 : new();
        found = found with
        {
            Classes = (int)Whole("classes"),
            Signers = (int)Whole("signers"),
            Takes = (int)Whole("takes"),
            Seed = (ulong)Whole("seed", most: ulong.MaxValue),
            ValidationSigners = (int)Whole("validationSigners"),
            TestSigners = (int)Whole("testSigners"),
            RawRadar = Is("rawRadar"),
            Landmarks = Is("landmarks"),
            RangeBins = (int)Whole("rangeBins"),
            DopplerBins = (int)Whole("dopplerBins"),
        };
        check.Require(
            Whole("version") == DatasetWriter.Version,
            "version",
            values["version"].ToString(),
            FormattableString.Invariant($"{DatasetWriter.Version}")
        );
        found.Validate();
        return found;

        bool Is(string name) =>
            values.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

        decimal Whole(string name, int? otherwise = null, decimal most = int.MaxValue)
        {
            if (!values.TryGetValue(name, out JsonElement value) && otherwise is { } known)
                return known;
            decimal number = 0;
            check.Require(
                value.ValueKind == JsonValueKind.Number
                    && value.TryGetDecimal(out number)
                    && number == Math.Floor(number)
                    && number >= 0
                    && number <= most,
                name,
                value.ToString(),
                "a whole number"
            );
            return number;
        }
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new InvalidDataException($"Cannot simulate {message}.");
    }
}
