using Gesto.Landmarks;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.MediaPipe;

/// <summary>Body and hands in one picture; null = not found.</summary>
internal sealed record HolisticResult(PoseResult? Pose, HandResult? Left, HandResult? Right)
{
    /// <summary>The hands were found by their palms, not at the body's arms.</summary>
    public bool ByPalms { get; init; }

    /// <summary>Writes them as a frame of a <see cref="LandmarkClip"/>, coordinates in pixels, zeros where nothing is
    /// found.</summary>
    /// <param name="values">Receives <see cref="LandmarkClip.FrameValues"/>.</param>
    public void CopyTo(Span<float> values)
    {
        values[..LandmarkClip.FrameValues].Clear();
        Pose?.Joints.CopyTo(values);
        Left?.Joints.CopyTo(values[LandmarkClip.BodyValues..]);
        Right?.Joints.CopyTo(values[(LandmarkClip.BodyValues + LandmarkClip.HandValues)..]);
    }
}

/// <summary>Finds body and hands in pictures as MediaPipe's holistic solution does, each picture by itself: equal
/// pictures give equal numbers, in whatever order they come and on however many threads. Thread-safe.</summary>
/// <remarks>Source: I. Grishchenko, V. Bazarevsky, "MediaPipe Holistic", 2020; V. Bazarevsky et al., "BlazePose",
/// 2020; F. Zhang et al., "MediaPipe Hands", 2020. The face is left out.</remarks>
internal sealed class HolisticLandmarker : IDisposable
{
    /// <summary>Tried in turn where no palm is found: of hands that fill real pictures, cut 1.2 times as large as the
    /// hand, 55 % are found at once and 69 % then.</summary>
    private static readonly float[] ZoomedOut = [2, 3];

    private readonly Dictionary<LandmarkModel, LandmarkNetwork> networks = [];
    private readonly PoseEstimator pose;
    private readonly HandEstimator hands;
    private readonly PalmFinder palms;

    /// <param name="open">Opens a network for calls of one thread each.</param>
    /// <exception cref="InvalidDataException">A network is another one.</exception>
    public HolisticLandmarker(Func<LandmarkModel, InferenceSession> open)
    {
        try
        {
            foreach (LandmarkModel model in LandmarkModel.All)
                networks[model] = new LandmarkNetwork(model, open(model));
        }
        catch
        {
            Dispose();
            throw;
        }
        pose = new(networks[LandmarkModel.PoseDetection], networks[LandmarkModel.Pose]);
        hands = new(networks[LandmarkModel.HandRecrop], networks[LandmarkModel.Hand]);
        palms = new(networks[LandmarkModel.PalmDetection], hands);
    }

    /// <summary>A body, and the hands at its arms: what MediaPipe's holistic solution finds.</summary>
    /// <param name="frame">The picture.</param>
    /// <param name="before">What was found in the frame before, to be followed; null = the picture by itself.</param>
    /// <param name="signing">Once one hand is found, not to look for the other where it is at rest.</param>
    public HolisticResult FindAtArms(RgbFrame frame, HolisticResult? before = null, bool signing = false)
    {
        PoseResult? body = pose.Find(frame, before?.Pose);
        if (body is null)
            return new(null, null, null);
        if (before is { ByPalms: true })
            before = null;
        bool leftFirst = body.IsHigher(left: true);
        HandResult? higher = Find(leftFirst),
            lower = signing && higher is not null && body.IsAtRest(!leftFirst) ? null : Find(!leftFirst);
        return leftFirst ? new(body, higher, lower) : new(body, lower, higher);

        HandResult? Find(bool left) => hands.Find(frame, body, left, left ? before?.Left : before?.Right);
    }

    /// <summary>A body, and the hands at its arms; where there are none, hands by their palms: a picture of hands alone
    /// has no body, or what the networks take for one.</summary>
    public HolisticResult Find(RgbFrame frame) => Find(frame, before: null, signing: false);

    /// <summary>As <see cref="Find(RgbFrame)"/>, but for a hand at rest while the other one is not: in features it
    /// counts as not found, and looking for it is a quarter of the time.</summary>
    public HolisticResult FindSigning(RgbFrame frame) => Find(frame, before: null, signing: true);

    /// <returns>Looks at frames of a video one after another, as <see cref="Find(RgbFrame)"/> does, but for bodies and
    /// hands where they were in the frame before. Not thread-safe.</returns>
    /// <param name="signing">As <see cref="FindSigning"/> does instead.</param>
    /// <remarks>As MediaPipe does with videos; it also smooths what it finds, which this does not.</remarks>
    public Func<RgbFrame, HolisticResult> Follow(bool signing = false)
    {
        HolisticResult? before = null;
        return frame => before = Find(frame, before, signing);
    }

    private HolisticResult Find(RgbFrame frame, HolisticResult? before, bool signing)
    {
        HolisticResult found = FindAtArms(frame, before, signing);
        return found is { Left: null, Right: null } ? FindHands(frame) with { Pose = found.Pose } : found;
    }

    /// <summary>Up to two hands without a body, for pictures that show little else. Of two that the network takes for
    /// the same hand, the surer one.</summary>
    public HolisticResult FindHands(RgbFrame frame)
    {
        List<HandResult> found = FindPalms(frame);
        foreach (float zoomedOut in ZoomedOut)
            if (found.Count == 0)
                found = palms.Find(frame, zoomedOut);
        return new(
            null,
            found.Where(h => h.Right <= 0.5f).MaxBy(h => h.Presence),
            found.Where(h => h.Right > 0.5f).MaxBy(h => h.Presence)
        )
        {
            ByPalms = found.Count > 0,
        };
    }

    /// <summary>The hands in MediaPipe's order, whichever they are.</summary>
    internal List<HandResult> FindPalms(RgbFrame frame) => palms.Find(frame);

    public void Dispose()
    {
        foreach (LandmarkNetwork network in networks.Values)
            network.Dispose();
    }
}
