using Gesto.Video;

namespace Gesto.Encoders;

/// <summary>Encodes the frames of one clip while the decoder still works on those after them, on as many threads as the
/// encoder takes callers.</summary>
/// <remarks>A frame a call, so that the callers end together, and the result does not depend on when a frame came. An
/// encoder that takes one caller gets the whole clip at the end: it spreads the work itself.</remarks>
internal sealed class EncodingAhead : IDisposable
{
    private readonly IRgbEncoder encoder;
    private readonly Task[] callers;
    private readonly object gate = new();
    private byte[] frames = [];
    private float[] features = [];
    private int there,
        taken;
    private bool complete;

    /// <param name="encoder">The caller's to dispose, after this.</param>
    public EncodingAhead(IRgbEncoder encoder)
    {
        this.encoder = encoder;
        // Threads of their own: they wait for the decoder.
        callers =
            encoder.Concurrency == 1
                ? []
                :
                [
                    .. Enumerable
                        .Range(0, encoder.Concurrency)
                        .Select(_ =>
                            Task.Factory.StartNew(
                                EncodeFrames,
                                CancellationToken.None,
                                TaskCreationOptions.LongRunning,
                                TaskScheduler.Default
                            )
                        ),
                ];
    }

    /// <param name="buffer">(…, InputSize, InputSize, 3); another one than last time means that those frames do not
    /// hold.</param>
    /// <param name="count">Frames in it so far.</param>
    public void Offer(byte[] buffer, int count)
    {
        lock (gate)
        {
            if (buffer != frames)
                (frames, features, taken) = (buffer, new float[buffer.Length / FrameBytes * encoder.Width], 0);
            there = count;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for what is left.</summary>
    /// <param name="clip">All frames.</param>
    /// <returns>(T, Width).</returns>
    public float[] Finish(Clip clip)
    {
        Offer(clip.Frames, clip.Length);
        if (callers.Length == 0)
            encoder.Encode(clip.Frames, clip.Length, features);
        Complete().GetAwaiter().GetResult();
        return features;
    }

    /// <summary>Begins no further frame, and waits for those begun.</summary>
    public void Dispose()
    {
        lock (gate)
            taken = there;
        // what failed, Finish has said, or nobody wants any more
        Complete().ContinueWith(_ => { }, TaskScheduler.Default).Wait();
    }

    private int FrameBytes => encoder.InputSize * encoder.InputSize * 3;

    private Task Complete()
    {
        lock (gate)
        {
            complete = true;
            Monitor.PulseAll(gate);
        }
        return Task.WhenAll(callers);
    }

    private void EncodeFrames()
    {
        while (Take() is var (from, to, frame))
            encoder.Encode(
                from.AsSpan(frame * FrameBytes, FrameBytes),
                1,
                to.AsSpan(frame * encoder.Width, encoder.Width)
            );
    }

    private (byte[] Frames, float[] Features, int Frame)? Take()
    {
        lock (gate)
        {
            while (taken == there && !complete)
                Monitor.Wait(gate);
            return taken == there ? null : (frames, features, taken++);
        }
    }
}
