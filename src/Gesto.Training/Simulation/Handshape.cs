namespace Gesto.Training.Simulation;

/// <summary>How the fingers of one hand are held: 15 joint angles in radians.</summary>
/// <param name="Name">Name in the table, e.g. "V".</param>
/// <param name="Angles">Finger by finger (thumb, index, middle, ring, little), three each. Index to little: flexion of
/// the knuckle (0 straight … 1.6), flexion of the middle joint (0 … 1.8; the last joint follows at 0.7 of it),
/// abduction towards the thumb side. Thumb: opposition out of the palm's plane, flexion across the palm, abduction from
/// the fingers.</param>
internal sealed record Handshape(string Name, float[] Angles)
{
    public const int AngleCount = 15;

    /// <summary>The hand at rest: half curled.</summary>
    public static Handshape Relaxed { get; } = Build("relaxed", "side", "cccc", 0.04f);

    /// <summary>Handshapes by name: the 26 of the manual alphabet (under their letters) and others that words
    /// use.</summary>
    public static IReadOnlyDictionary<string, Handshape> Table { get; } =
        new[]
        {
            Build("A", "side", "ffff", 0),
            Build("B", "across", "eeee", 0.02f),
            Build("C", "round", "cccc", 0.04f),
            Build("D", "touch", "ettt", 0),
            Build("E", "across", "hhhh", 0),
            Build("F", "touch", "teee", 0.12f),
            Build("G", "side", "efff", 0),
            Build("H", "over", "eeff", 0),
            Build("I", "over", "fffe", 0),
            Build("K", "up", "ebff", 0.1f),
            Build("L", "out", "efff", 0),
            Build("M", "over", "bbbf", 0),
            Build("N", "over", "bbff", 0),
            Build("O", "touch", "tttt", 0),
            Build("R", "over", "eeff", -0.22f),
            Build("S", "over", "ffff", 0),
            Build("T", "up", "tfff", 0),
            Build("U", "across", "eeff", 0.01f),
            Build("V", "across", "eeff", 0.24f),
            Build("W", "across", "eeef", 0.2f),
            Build("X", "over", "hfff", 0),
            Build("Y", "out", "fffe", 0),
            Build("5", "out", "eeee", 0.26f),
            Build("flat", "side", "eeee", 0),
            Build("4", "across", "eeee", 0.24f),
            Build("3", "out", "eeff", 0.24f),
            Build("claw", "round", "hhhh", 0.22f),
            Build("bent", "side", "bbbb", 0),
            Build("pinch", "touch", "tfff", 0),
            Build("horns", "over", "effe", 0.05f),
            Build("spread-pinch", "touch", "etee", 0.18f),
            Build("curve", "out", "cccc", 0.2f),
            Build("thumb", "out", "ffff", 0),
            Build("gun", "out", "heff", 0.05f),
        }.ToDictionary(h => h.Name);

    /// <returns>Angles between two shapes, <paramref name="weight"/> 0 (this) … 1 (<paramref name="other"/>).</returns>
    public void Blend(Handshape other, float weight, Span<float> angles)
    {
        for (int i = 0; i < AngleCount; i++)
            angles[i] = Angles[i] + (other.Angles[i] - Angles[i]) * weight;
    }

    private static Handshape Build(string name, string thumb, string fingers, float spread)
    {
        var angles = new float[AngleCount];
        (angles[0], angles[1], angles[2]) = thumb switch
        {
            "out" => (0.05f, 0f, 1.05f),
            "up" => (0.25f, 0.1f, 0.35f),
            "side" => (0.1f, 0.15f, 0.3f),
            "across" => (0.75f, 0.85f, 0.45f),
            "over" => (0.95f, 0.75f, 0.3f),
            "round" => (1.05f, 0.1f, 0.75f),
            "touch" => (0.95f, 0.3f, 0.4f),
            _ => throw new ArgumentException($"no thumb position '{thumb}'", nameof(thumb)),
        };
        for (int finger = 0; finger < 4; finger++)
        {
            int at = 3 * (finger + 1);
            (angles[at], angles[at + 1]) = fingers[finger] switch
            {
                'e' => (0.03f, 0.06f), // extended
                'f' => (1.45f, 1.65f), // in the fist
                'h' => (0.35f, 1.45f), // hooked
                'b' => (1.35f, 0.15f), // bent at the knuckle
                'c' => (0.5f, 0.65f), // curved
                't' => (0.85f, 0.95f), // tip meets the thumb
                _ => throw new ArgumentException($"no finger position '{fingers[finger]}'", nameof(fingers)),
            };
            angles[at + 2] =
                spread
                * (
                    finger == 0 ? 1f
                    : finger == 1 ? (fingers[2] is 'e' or 'c' ? 0.3f : -0.6f)
                    : 1f - finger
                );
        }
        return new Handshape(name, angles);
    }
}
