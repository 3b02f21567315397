using System.Text.Json;
using Gesto.Files;

namespace Gesto.Signs;

/// <summary>How sure a recogniser may sound, learnt on held-out samples: `calibration.json` of a run.</summary>
/// <remarks>Temperature scaling: probabilities ∝ p^(1/T), which is softmax(logits / T) since log p equals the logits up
/// to a constant a sample. It never changes which sign is most probable. Source: C. Guo, G. Pleiss, Y. Sun, K.
/// Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
/// Immutable; thread-safe.</remarks>
public sealed record Calibration
{
    /// <summary>Its file in the folder of a run.</summary>
    public const string FileName = "calibration.json";

    // Beyond these probabilities are all one, or all alike; no fit comes near them.
    private const double LowestTemperature = 0.01,
        HighestTemperature = 100;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Nothing learnt: probabilities as the network gives them, every answer given.</summary>
    public static Calibration None { get; } = new();

    /// <summary>T, more than 0; above 1 makes answers less sure.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>95 % interval of <see cref="Temperature"/>; null where nothing was fitted.</summary>
    public double? TemperatureLow { get; init; }

    /// <summary>The interval's other end.</summary>
    public double? TemperatureHigh { get; init; }

    /// <summary>What the interval takes into account and what not, in words.</summary>
    public string IntervalMethod { get; init; } = "";

    /// <summary>An answer whose calibrated probability is below this is `unknown`; 0 = never.</summary>
    public double UnknownBelow { get; init; }

    /// <summary>The share of the fitted samples that <see cref="UnknownBelow"/> was chosen to answer, 0…1.</summary>
    public double Coverage { get; init; } = 1;

    /// <summary>Which samples, in words.</summary>
    public string FittedOn { get; init; } = "nothing";

    /// <summary>How many samples it was fitted on, 0 or more.</summary>
    public int Samples { get; init; }

    /// <summary>Known signers among them, 0 or more.</summary>
    public int Signers { get; init; }

    /// <summary>Expected calibration error of the fitted samples with T = 1, 0…1; null where nothing was
    /// fitted.</summary>
    public double? EceBefore { get; init; }

    /// <summary>The same with the temperature fitted without the fold that is scored; see <see
    /// cref="EceMethod"/>.</summary>
    public double? EceAfter { get; init; }

    /// <summary>How <see cref="EceAfter"/> was found, in words.</summary>
    public string EceMethod { get; init; } = "";

    /// <returns>The run's calibration, <see cref="None"/> where it has no file.</returns>
    /// <exception cref="InvalidDataException">The file is not a calibration, or its numbers are out of
    /// range.</exception>
    internal static Calibration Load(string runFolder)
    {
        string path = Path.Combine(runFolder, FileName);
        if (!File.Exists(path))
            return None;
        Calibration found = JsonFile.Load<Calibration>(path, "a calibration", CureOf(runFolder), Json);
        var check = new FileCheck(path, CureOf(runFolder));
        foreach (
            (string name, double? temperature) in new (string, double?)[]
            {
                ("temperature", found.Temperature),
                ("temperature_low", found.TemperatureLow),
                ("temperature_high", found.TemperatureHigh),
            }
        )
            check.Require(
                temperature is null or (>= LowestTemperature and <= HighestTemperature),
                name,
                temperature,
                FormattableString.Invariant($"{LowestTemperature} to {HighestTemperature}")
            );
        check.Fraction(found.UnknownBelow, "unknown_below");
        check.Fraction(found.Coverage, "coverage");
        check.Fraction(found.EceBefore, "ece_before");
        check.Fraction(found.EceAfter, "ece_after");
        check.Require(found is { Samples: >= 0, Signers: >= 0 }, "samples or signers", "less than 0", "0 or more");
        return found;
    }

    internal void Save(string runFolder) =>
        AtomicFile.WriteText(Path.Combine(runFolder, FileName), JsonSerializer.Serialize(this, Json) + "\n");

    /// <returns>True where the recogniser is not sure enough to answer.</returns>
    internal bool IsUnknown(float[] probabilities) => probabilities.Max() < UnknownBelow;

    /// <summary>Probabilities at another temperature, (K) → (K), ∝ p^<paramref name="power"/>: 1/T calibrates raw ones,
    /// T takes calibrated ones back.</summary>
    internal static float[] Sharpen(float[] probabilities, double power)
    {
        double highest = Math.Log(probabilities.Max());
        double[] raised = [.. probabilities.Select(p => Math.Exp(power * (Math.Log(p) - highest)))];
        double sum = raised.Sum();
        return [.. raised.Select(v => (float)(v / sum))];
    }

    private static Cure CureOf(string runFolder) =>
        new("Delete it, or go on with the training, which writes it again.", NextStep.ResumeTraining, runFolder);
}
