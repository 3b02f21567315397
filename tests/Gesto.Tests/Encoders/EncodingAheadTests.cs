using Gesto.Encoders;
using Gesto.Video;

namespace Gesto.Tests.Encoders;

public class EncodingAheadTests
{
    private const int Side = 2,
        FrameBytes = Side * Side * 3;

    private static byte[] Frames(int count, int first = 1) =>
        [.. Enumerable.Range(0, count).SelectMany(t => Enumerable.Repeat((byte)(first + t), FrameBytes))];

    private static float[] Expected(byte[] frames) =>
        [.. frames.Chunk(FrameBytes).SelectMany(f => new float[] { f[0], 2 * f[0] })];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Frames_that_come_one_by_one_are_each_encoded_once_and_in_their_place(int callers)
    {
        using var encoder = new CountingEncoder(callers);
        using var encoding = new EncodingAhead(encoder);
        byte[] frames = Frames(30);
        for (int n = 1; n <= 30; n++)
            encoding.Offer(frames, n);
        Assert.Equal(Expected(frames), encoding.Finish(new Clip(frames, 30, 30)));
        Assert.Equal(30, encoder.Frames);
        Assert.InRange(encoder.MostAtOnce, 1, callers);
    }

    [Fact]
    public void A_caller_begins_before_the_clip_is_complete()
    {
        using var encoder = new CountingEncoder(2);
        using var encoding = new EncodingAhead(encoder);
        byte[] frames = Frames(3);
        encoding.Offer(frames, 1);
        Assert.True(SpinWait.SpinUntil(() => encoder.Frames == 1, TimeSpan.FromSeconds(30)));
        Assert.Equal(Expected(frames), encoding.Finish(new Clip(frames, 3, 3)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Another_buffer_at_the_end_means_that_all_is_encoded_anew(int callers)
    {
        using var encoder = new CountingEncoder(callers);
        using var encoding = new EncodingAhead(encoder);
        encoding.Offer(Frames(8, first: 100), 8);
        byte[] whole = Frames(5);
        Assert.Equal(Expected(whole), encoding.Finish(new Clip(whole, 5, 5)));
    }

    [Fact]
    public void What_fails_in_a_caller_is_said_at_the_end_and_nobody_waits_for_ever()
    {
        using var encoder = new CountingEncoder(2) { FailsAt = 7 };
        using var encoding = new EncodingAhead(encoder);
        byte[] frames = Frames(30);
        encoding.Offer(frames, 10);
        Assert.Equal(
            "frame 7",
            Assert.Throws<InvalidOperationException>(() => encoding.Finish(new Clip(frames, 30, 30))).Message
        );
    }

    [Fact]
    public void Given_up_it_begins_no_further_frame()
    {
        using var encoder = new CountingEncoder(2) { Delay = TimeSpan.FromMilliseconds(20) };
        using (var encoding = new EncodingAhead(encoder))
            encoding.Offer(Frames(200), 200);
        Assert.InRange(encoder.Frames, 0, 100);
    }

    /// <summary>Two features: a frame's grey level and twice that.</summary>
    private sealed class CountingEncoder(int callers) : IRgbEncoder
    {
        private int frames,
            atOnce,
            most;

        public int Frames => Volatile.Read(ref frames);

        public int MostAtOnce => most;

        public int FailsAt { get; init; }

        public TimeSpan Delay { get; init; }

        public string Name => "counting";

        public string WeightsHash => "";

        public string Preprocessing => "none";

        public int Width => 2;

        public int InputSize => Side;

        public int Concurrency => callers;

        public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
        {
            int now = Interlocked.Increment(ref atOnce);
            for (
                int seen;
                now > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, now, seen) != seen;

            ) { }
            Thread.Sleep(Delay);
            for (int t = 0; t < count; t++)
            {
                byte level = frames[t * FrameBytes];
                if (level == FailsAt)
                    throw new InvalidOperationException($"frame {level}");
                (features[2 * t], features[2 * t + 1]) = (level, 2 * level);
            }
            Interlocked.Add(ref this.frames, count);
            Interlocked.Decrement(ref atOnce);
        }

        public void Dispose() { }
    }
}
