namespace Gesto.Recordings;

/// <summary>RGB frames in memory.</summary>
/// <param name="Pixels">(Count, Height, Width, 3), R, G, B, row-major, 0…255.</param>
/// <param name="Count">Frames, 1 or more.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <remarks>Thread-safe as long as nobody writes to <see cref="Pixels"/>.</remarks>
public sealed record RgbFrames(ReadOnlyMemory<byte> Pixels, int Count, int Width, int Height);

/// <summary>Radar maps in memory, values as the recogniser's recordings hold them: grey levels 0…255 where those were
/// videos, else the unit of their files.</summary>
/// <param name="Values">(Count, Antennas, Rows, Columns): time, antenna, range, Doppler; row-major.</param>
/// <param name="Count">Frames, 1 or more.</param>
/// <param name="Antennas">As many as the recogniser learnt from.</param>
/// <param name="Rows">Range bins, as many as the recogniser takes.</param>
/// <param name="Columns">Doppler bins, likewise.</param>
/// <remarks>Thread-safe as long as nobody writes to <see cref="Values"/>.</remarks>
public sealed record RadarFrames(ReadOnlyMemory<float> Values, int Count, int Antennas, int Rows, int Columns);
