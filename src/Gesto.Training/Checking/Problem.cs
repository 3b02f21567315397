using System.Text.Json.Serialization;
using Gesto.Files;

namespace Gesto.Training.Checking;

/// <summary>One thing wrong with a data set.</summary>
/// <param name="Sample">The sample's key, "" where it concerns more than one.</param>
/// <param name="File">The file, relative to the root, "" where it concerns none.</param>
/// <param name="Kind">One of <see cref="ProblemKind"/>.</param>
/// <param name="Message">What was found and what was expected.</param>
public sealed record Problem(string Sample, string File, string Kind, string Message)
{
    /// <summary>What would put it right; null where that is not a step of Gesto's.</summary>
    [JsonIgnore]
    public Suggestion? Suggestion { get; init; }

    /// <summary>True for what is worth knowing and no damage: the file is read, the data set healthy.</summary>
    [JsonIgnore]
    public bool IsNote => Kind is ProblemKind.UnevenRate or ProblemKind.HighDynamicRange;
}

/// <summary>What the doctor looks for; scripts may rely on these words.</summary>
public static class ProblemKind
{
    /// <summary>A sample lacks a file that the data set's other samples have, or names one that is not there.</summary>
    public const string MissingModality = "missing-modality";

    /// <summary>Not a known format, damaged, or with values that are not finite.</summary>
    public const string Undecodable = "undecodable";

    /// <summary>The header or the packets announce another number of frames than decode.</summary>
    public const string FrameCount = "frame-count";

    /// <summary>Zero bytes or no frames.</summary>
    public const string Empty = "empty";

    /// <summary>Every frame is the same, or every value in it.</summary>
    public const string Constant = "constant";

    /// <summary>RGB and radar last clearly differently long.</summary>
    public const string Duration = "duration";

    /// <summary>The antennas' numbers of frames, or sizes, differ.</summary>
    public const string AntennaLength = "antenna-length";

    /// <summary>Arrays of another kind or size than most samples have: features of all must have one shape.</summary>
    public const string Size = "size";

    /// <summary>A range-time map whose values cannot be dB.</summary>
    public const string Unit = "unit";

    /// <summary>A note: a video's frames come unevenly in time.</summary>
    public const string UnevenRate = "uneven-rate";

    /// <summary>A note: a video of high dynamic range, whose frames look paler than on the phone that took
    /// them.</summary>
    public const string HighDynamicRange = "hdr";

    /// <summary>Two files with the same content.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Class ids, names and folders contradict each other, or a train sample has no label.</summary>
    public const string IdName = "id-name";

    /// <summary>A class with too few train samples to learn and validate.</summary>
    public const string FewSamples = "few-samples";

    /// <summary>A signer or session in more than one split: the accuracy will not hold for new people.</summary>
    public const string SignerLeak = "signer-leak";
}
