using Gesto.Files;
using Gesto.Recordings;
using Gesto.Video;

namespace Gesto.Training.Features;

/// <summary>A sample's frames, read.</summary>
/// <param name="Index">The sample's place among those of this run.</param>
/// <param name="Sample">The sample.</param>
/// <param name="Rgb">Null where it has none, or it is already stored.</param>
/// <param name="Radar">Likewise.</param>
/// <param name="Others">Steps of the further modalities, likewise.</param>
/// <param name="Skipped">Why the sample is left out; null for a good one.</param>
/// <param name="Group">Those whose decoder has still to say whether they are flawless; null where that is
/// known.</param>
internal sealed record DecodedSample(
    int Index,
    Sample Sample,
    Clip? Rgb,
    RadarClip? Radar,
    PerModality<RecordingSteps> Others,
    string? Skipped = null,
    DecoderGroup? Group = null
);

/// <summary>An array to be stored.</summary>
/// <param name="Array">Padded.</param>
/// <param name="Length">Real steps.</param>
internal sealed record PaddedSteps(NpyArray Array, int Length);

/// <summary>A sample's arrays; it holds no frames, which are ten times as large.</summary>
/// <param name="Index">As of <see cref="DecodedSample"/>.</param>
/// <param name="Sample">The sample.</param>
/// <param name="Arrays">Of each modality that is to be stored.</param>
/// <param name="Skipped">As of <see cref="DecodedSample"/>.</param>
/// <param name="Group">Likewise.</param>
internal sealed record EncodedSample(
    int Index,
    Sample Sample,
    PerModality<PaddedSteps> Arrays,
    string? Skipped,
    DecoderGroup? Group
);

/// <summary>What a decoder says of all that it decoded.</summary>
internal enum Verdict
{
    Awaited,
    Flawless,
    Flawed,
}

/// <summary>Samples of one decoder: none is stored before all are known to be flawless.</summary>
internal sealed class DecoderGroup
{
    private readonly List<EncodedSample> held = [];
    private volatile Verdict verdict;

    /// <summary>Set once, by the thread that decodes, before the last sample is handed on.</summary>
    public Verdict Verdict
    {
        set => verdict = value;
    }

    /// <param name="sample">The one encoded now; called by the writer only.</param>
    /// <returns>Those that may be stored now.</returns>
    public EncodedSample[] Passed(EncodedSample sample)
    {
        held.Add(sample);
        if (verdict == Verdict.Awaited)
            return [];
        EncodedSample[] passed = verdict == Verdict.Flawless ? [.. held] : [];
        held.Clear();
        return passed;
    }
}
