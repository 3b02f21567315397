using System.Globalization;
using Gesto.Signs;

namespace Gesto.Recordings;

/// <summary>The part of a data set a sample belongs to. Test is never tuned on.</summary>
public enum Split
{
    /// <summary>Learnt from.</summary>
    Train,

    /// <summary>Epochs, settings and calibration are chosen by it.</summary>
    Validation,

    /// <summary>Judged on.</summary>
    Test,
}

/// <summary>One performed sign, all modalities. Unknown facts are null, absent files too.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record Sample
{
    /// <summary>Unique within the data set, '/'-separated, no extension, e.g. "train/1_AIUTARE/SAMPLE_12".</summary>
    public required string Key { get; init; }

    /// <summary>Its part of the data set.</summary>
    public required Split Split { get; init; }

    /// <summary>Class id as in <see cref="SignClass.Id"/>; null where unlabelled.</summary>
    public int? ClassId { get; init; }

    /// <summary>The class's name; null where unlabelled.</summary>
    public string? ClassName { get; init; }

    /// <summary>Who performs it, as the data set calls them; null where that is not known.</summary>
    public string? Signer { get; init; }

    /// <summary>When it was recorded, as the data set calls it; null where that is not known.</summary>
    public string? Session { get; init; }

    /// <summary>Files of each modality that it has, in the order of <see cref="Modality.Columns"/>, relative to the data
    /// set's root; null where one is absent.</summary>
    public PerModality<IReadOnlyList<string?>> Files { get; init; } = PerModality<IReadOnlyList<string?>>.None;

    /// <summary>RGB video, relative to the data set's root; null where the sample has none.</summary>
    public string? Rgb
    {
        get => Files[Modality.Rgb]?[0];
        init => Files = Files.With(Modality.Rgb, value is null ? null : [value]);
    }

    /// <summary>Radar file of antenna 1, 2, 3, relative to the root; an entry is null where that file is absent. A file
    /// with all antennas, a `.npy` of shape (T,A,R,D) or a raw recording, stands in entry 0 alone.</summary>
    public IReadOnlyList<string?> Radar
    {
        get => Files[Modality.Radar] ?? [null, null, null];
        init => Files = Files.With(Modality.Radar, value.Any(f => f is not null) ? value : null);
    }

    /// <summary>Order of the axes of radar arrays, e.g. "A,T,R,D"; null where their number tells. See <see
    /// cref="Radar.RadarAxes"/>.</summary>
    public string? RadarAxes { get; init; }

    /// <summary>True where it has a file of the modality.</summary>
    public bool Has(Modality modality) => Files[modality] is not null;

    /// <summary>Last part of <see cref="Key"/>, e.g. "SAMPLE_12".</summary>
    public string Name => Key[(Key.LastIndexOf('/') + 1)..];

    /// <summary>The number at the end of <see cref="Name"/>, as a submission names the sample; null where there is
    /// none.</summary>
    public int? Number
    {
        get
        {
            string name = Name;
            int start = name.Length;
            while (start > 0 && char.IsAsciiDigit(name[start - 1]))
                start--;
            return int.TryParse(name.AsSpan(start), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
                ? n
                : null;
        }
    }
}
