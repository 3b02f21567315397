using Gesto.MediaPipe;

namespace Gesto.Recordings;

/// <summary>Finds landmarks in the frames of one video while they are decoded for something else: the decoder is
/// started once. Not thread-safe.</summary>
/// <param name="path">The video.</param>
/// <param name="begin">Gives what looks at frames, for one time through the video.</param>
internal sealed class LandmarkWatch(string path, Func<Func<RgbFrame, HolisticResult>> begin)
{
    private readonly List<HolisticResult> found = [];
    private Func<RgbFrame, HolisticResult> find = begin();
    private RgbFrame frame = new([], 0, 0);

    /// <inheritdoc cref="Video.FrameWatch"/>
    /// <exception cref="Video.VideoException">A frame of another size.</exception>
    public void See(int place, int times, int width, int height, ReadOnlySpan<byte> pixels)
    {
        if (place == 0)
        {
            if (found.Count > 0)
                find = begin();
            found.Clear();
            // as many as the sampler reads at once
            frame = new(new byte[Math.Max(sizeof(uint), pixels.Length)], width, height);
        }
        VideoLandmarks.RequireSize(path, place, width, height, (frame.Width, frame.Height));
        pixels.CopyTo(frame.Pixels);
        found.AddRange(Enumerable.Repeat(find(frame), times));
    }

    /// <returns>What was found, once all frames have been seen.</returns>
    /// <exception cref="InvalidDataException">As of <see cref="VideoLandmarkReader"/>.</exception>
    public RecordingSteps Steps() =>
        VideoLandmarkReader.Steps(path, new([.. found], frame.Width, frame.Height, FramesPerSecond: 25));
}
