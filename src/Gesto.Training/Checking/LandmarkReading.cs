using System.Globalization;
using Gesto.Landmarks;
using Gesto.Recordings;

namespace Gesto.Training.Checking;

/// <summary>What the landmarks of some recordings hold, so that a person can see whether that is what they
/// recorded.</summary>
/// <param name="Recordings">How many were read.</param>
/// <param name="Steps">Frames of all of them, at most 30 of each.</param>
/// <param name="Body">Frames with a body among them.</param>
/// <param name="OtherHand">Frames with the other hand.</param>
/// <param name="SigningHand">Frames with the hand that signs: in each recording the one farther above rest.</param>
public sealed record LandmarkReading(int Recordings, int Steps, int Body, int OtherHand, int SigningHand)
{
    /// <returns>Of one recording's steps.</returns>
    internal static LandmarkReading Of(RecordingSteps steps)
    {
        int[] found =
        [
            .. LandmarkFeatures.Presence.Select(p =>
                Enumerable.Range(0, steps.Length).Count(t => steps.Values[t * LandmarkFeatures.Width + p] > 0)
            ),
        ];
        return new(1, steps.Length, found[0], found[1], found[2]);
    }

    /// <returns>Of both; of one alone where the other is null.</returns>
    internal LandmarkReading And(LandmarkReading? other) =>
        other is null
            ? this
            : new(
                Recordings + other.Recordings,
                Steps + other.Steps,
                Body + other.Body,
                OtherHand + other.OtherHand,
                SigningHand + other.SigningHand
            );

    /// <summary>One line: "24 recordings: landmarks, body in 100 % of frames, signing hand in 71 %, other hand
    /// in 8 %".</summary>
    public override string ToString()
    {
        string Share(int frames) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * frames / Steps:0} %");
        return $"{Recordings} recording{(Recordings == 1 ? "" : "s")}: landmarks, body in {Share(Body)} of frames, signing hand in {Share(SigningHand)}, other hand in {Share(OtherHand)}";
    }
}
