using Gesto.Encoders;

namespace Gesto.Recordings;

/// <summary>What a run takes of a recording: it decides what a file is where neither name nor format does.</summary>
/// <param name="Rgb">It uses RGB video, or finds landmarks in it.</param>
/// <param name="RadarVideos">It uses radar maps from videos.</param>
/// <param name="RadarArrays">It uses radar from `.npy` or the like.</param>
/// <param name="Antennas">Of its radar; 0 without.</param>
/// <param name="Landmarks">It uses landmarks that are there already.</param>
internal sealed record RecordingNeeds(
    bool Rgb,
    bool RadarVideos,
    bool RadarArrays,
    int Antennas,
    bool Landmarks = false
)
{
    /// <summary>A video whose name says nothing is RGB, unless radar videos are all that the run takes.</summary>
    public bool VideosAreRadar => RadarVideos && !Rgb;

    /// <summary>An array whose name says nothing is landmarks where the run takes no radar, else radar.</summary>
    public bool ArraysAreLandmarks => Landmarks && !RadarVideos && !RadarArrays;

    /// <param name="keys">Of the steps trained on.</param>
    public static RecordingNeeds Of(PerModality<FeatureKey> keys)
    {
        FeatureKey? radar = keys[Modality.Radar],
            landmarks = keys[Modality.Landmarks];
        bool found = landmarks?.Encoder == VideoLandmarkReader.EncoderName;
        return new(
            found || keys[Modality.Rgb] is not null,
            radar?.DType == "|u1",
            radar is not null && radar.DType != "|u1",
            radar is { IsFrames: true } frames ? frames.Shape[1] : 0,
            landmarks is not null && !found
        );
    }

    /// <returns>For people, e.g. "RGB and radar video of 3 antennas".</returns>
    public override string ToString() =>
        string.Join(
            " and ",
            new[]
            {
                Rgb ? "RGB" : "",
                RadarVideos || RadarArrays
                    ? FormattableString.Invariant(
                        $"radar {(RadarVideos ? "video" : "arrays")} of {Antennas} antenna(s)"
                    )
                    : "",
                Landmarks ? "landmarks" : "",
            }.Where(part => part.Length > 0)
        );
}
