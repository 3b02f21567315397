using Gesto.Encoders;

namespace Gesto.Recordings;

/// <summary>The steps of one modality of one recording: real ones only, no padding.</summary>
/// <param name="Values">(<paramref name="Length"/>, …<paramref name="Shape"/>), row-major.</param>
/// <param name="Length">Steps, 1 or more.</param>
/// <param name="Shape">Of a step: (F) features, or (A, R, D) radar maps, values as in the file.</param>
/// <remarks>Thread-safe as long as nobody writes to <see cref="Values"/>.</remarks>
public sealed record RecordingSteps(float[] Values, int Length, IReadOnlyList<int> Shape)
{
    /// <exception cref="InvalidDataException">Steps of another shape, or none.</exception>
    internal void Check(Modality modality, ReadOnlySpan<int> expected)
    {
        int size = 1;
        foreach (int n in expected)
            size *= n;
        if (Length < 1 || !expected.SequenceEqual([.. Shape]) || Values.Length != Length * size)
            throw new InvalidDataException(
                $"The sample's {modality.Title} steps are ({string.Join(',', Shape)}), {Values.Length} values in {Length} steps; "
                    + $"the run was trained on ({string.Join(',', expected.ToArray())}). Extract it with the same settings."
            );
    }
}

/// <summary>Makes the steps of one modality of its files, for extracting and for predicting alike.</summary>
/// <remarks>Called by several threads at once.</remarks>
public interface IStepReader : IDisposable
{
    /// <summary>How the steps are made; a float32 array (T, F), T at most so many steps.</summary>
    FeatureKey Key { get; }

    /// <summary>Reads one recording.</summary>
    /// <param name="files">Paths in the order of <see cref="Modality.Columns"/>, one at least that is not null.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>Its steps.</returns>
    /// <exception cref="IOException">A file is missing or cannot be trusted.</exception>
    /// <exception cref="InvalidDataException">It does not hold what it should.</exception>
    RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel);
}
