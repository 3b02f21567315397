using System.Globalization;
using Gesto.Landmarks;
using Gesto.Recordings;

namespace Gesto.Training.Checking;

/// <summary>What the landmarks of some recordings hold, so that a person can see whether that is what they
/// recorded.</summary>
/// <param name="Recordings">How many were read.</param>
/// <param name="Steps">Frames of all of them, at most 30 of each.</param>
/// <param name="Body">Frames with a body among them.</param>
/// <param name="LeftHand">Frames with a left hand.</param>
/// <param name="RightHand">Frames with a right hand.</param>
public sealed record LandmarkReading(int Recordings, int Steps, int Body, int LeftHand, int RightHand)
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
                LeftHand + other.LeftHand,
                RightHand + other.RightHand
            );

    /// <summary>One line: "24 recordings: landmarks, body in 100 % of frames, left hand in 8 %, right hand in 71
    /// %".</summary>
    public override string ToString()
    {
        string Share(int frames) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * frames / Steps:0} %");
        return $"{Recordings} recording{(Recordings == 1 ? "" : "s")}: landmarks, body in {Share(Body)} of frames, left hand in {Share(LeftHand)}, right hand in {Share(RightHand)}";
    }
}
