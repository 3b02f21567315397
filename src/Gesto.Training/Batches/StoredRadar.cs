using Gesto.Radar;
using Gesto.Training.Features;

namespace Gesto.Training.Batches;

/// <summary>What the radar frames of a feature set are.</summary>
internal static class StoredRadar
{
    /// <summary>So many recordings tell the scale.</summary>
    private const int Most = 64;

    /// <param name="store">Of frames (T, A, R, D).</param>
    /// <param name="keys">Samples to look at, at least one; of many, some evenly spread.</param>
    public static RadarScale ScaleOf(FeatureStore store, IReadOnlyList<string> keys)
    {
        int frame = store.Key.Shape.Skip(1).Aggregate(1, (a, b) => a * b),
            step = (keys.Count + Most - 1) / Most;
        return keys.Where((_, i) => i % step == 0)
            .Select(key =>
                Gesto.Radar.RadarValues.Of(
                    store.Key.DType,
                    store.Load(key).ToSingles().AsSpan(0, store.LengthOf(key) * frame)
                )
            )
            .Aggregate((a, b) => a.With(b))
            .Scale;
    }
}
