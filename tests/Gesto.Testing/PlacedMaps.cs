namespace Gesto.Testing;

/// <summary>Radar maps whose values tell the place they belong to, so that every order of axes can be
/// checked.</summary>
internal static class PlacedMaps
{
    /// <summary>No two places alike.</summary>
    public static float ValueAt(int t, int a, int r, int d) => t * 1000 + a * 100 + r * 10 + d - 5000;

    /// <summary>The array of 7 frames, 3 antennas, 6 range and 5 Doppler bins in an order of axes.</summary>
    public static (float[] Values, int[] Shape) InOrder(string letters)
    {
        int[] shape =
        [
            .. letters.Select(c =>
                c switch
                {
                    'T' => 7,
                    'A' => 3,
                    'R' => 6,
                    _ => 5,
                }
            ),
        ];
        var values = new float[shape.Aggregate(1, (x, y) => x * y)];
        for (int i = 0; i < values.Length; i++)
        {
            int rest = i,
                t = 0,
                a = 0,
                r = 0,
                d = 0;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                int at = rest % shape[axis];
                rest /= shape[axis];
                if (letters[axis] == 'T')
                    t = at;
                else if (letters[axis] == 'A')
                    a = at;
                else if (letters[axis] == 'R')
                    r = at;
                else
                    d = at;
            }
            values[i] = ValueAt(t, a, r, d);
        }
        return (values, shape);
    }
}
