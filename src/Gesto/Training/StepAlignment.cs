namespace Gesto.Training;

/// <summary>How radar steps are brought to the RGB time axis.</summary>
public enum AlignmentMode
{
    /// <summary>Both clips span the same time: RGB step i of n takes the radar step nearest in time.</summary>
    Nearest,

    /// <summary>Step i takes radar step i, as the source project did: the same moment only at equal frame rates.</summary>
    Index,
}

/// <summary>Which radar step meets which RGB step when both are concatenated.</summary>
public static class StepAlignment
{
    /// <summary>The radar step for each RGB step; −1 where there is none (the features are zero there).</summary>
    /// <param name="rgbLength">RGB steps of the sample, ≥ 1; the sample keeps this length.</param>
    /// <param name="radarLength">Radar steps of the sample, ≥ 1.</param>
    /// <param name="mode">Nearest: round(i·(radar−1)/(rgb−1)), halves up; a single RGB step takes the middle radar step.</param>
    public static int[] RadarSteps(int rgbLength, int radarLength, AlignmentMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rgbLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radarLength);
        var steps = new int[rgbLength];
        for (int i = 0; i < rgbLength; i++)
        {
            if (mode == AlignmentMode.Index) steps[i] = i < radarLength ? i : -1;
            else if (rgbLength == 1) steps[i] = (radarLength - 1) / 2;
            // Whole numbers only: floor((2·i·(radar−1) + (rgb−1)) / (2·(rgb−1))) is round-half-up, equal on every machine.
            else steps[i] = (2 * i * (radarLength - 1) + rgbLength - 1) / (2 * (rgbLength - 1));
        }
        return steps;
    }
}
