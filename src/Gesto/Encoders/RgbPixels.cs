namespace Gesto.Encoders;

/// <summary>Encodes nothing: a frame's features are its pixels, for models whose RGB encoder learns with
/// them.</summary>
/// <param name="size">Height and width, pixels.</param>
internal sealed class RgbPixels(int size) : IRgbEncoder
{
    /// <summary>The name in feature keys.</summary>
    public const string EncoderName = "rgb-frames";

    /// <summary>Side of a frame where nothing else is asked for, pixels.</summary>
    public const int DefaultSize = 64;

    public string Name => EncoderName;

    public string WeightsHash => "";

    public string Preprocessing => FormattableString.Invariant($"bilinear-antialias {size}x{size}");

    public int Width => 3 * size * size;

    public IReadOnlyList<int> Shape => [3, size, size];

    public string DType => "|u1";

    public int InputSize => size;

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        int plane = size * size;
        for (int t = 0; t < count; t++)
        for (int c = 0; c < 3; c++)
        for (int i = 0; i < plane; i++)
            features[(t * 3 + c) * plane + i] = frames[(t * plane + i) * 3 + c];
    }

    public void Dispose() { }
}
