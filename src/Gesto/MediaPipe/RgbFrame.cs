namespace Gesto.MediaPipe;

/// <summary>A picture at its own size.</summary>
/// <param name="Pixels">(H, W, 3) R, G, B, row-major; may be longer.</param>
/// <param name="Width">W, ≥ 1.</param>
/// <param name="Height">H, ≥ 1.</param>
internal sealed record RgbFrame(byte[] Pixels, int Width, int Height);
