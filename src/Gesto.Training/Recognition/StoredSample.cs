using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Runs;

namespace Gesto.Training.Recognition;

/// <summary>A feature set's samples as a run takes them.</summary>
internal static class StoredSample
{
    /// <summary>What a run uses of one sample of a feature set: real steps, no padding. A modality that the sample
    /// has not
    /// got is not there.</summary>
    /// <param name="facts">Of the run.</param>
    /// <param name="features">Made as those trained on.</param>
    /// <param name="key">The sample's.</param>
    public static PerModality<RecordingSteps> Load(RunFacts facts, FeatureSet features, string key) =>
        facts.Keys.Select(
            (modality, _) =>
            {
                if (features.Stores[modality] is not { } store || !store.Contains(key))
                    return null;
                int length = store.LengthOf(key);
                int[] shape = store.Key.Shape[1..];
                float[] values = TrainingData.Read(store, key).ToSingles();
                return new RecordingSteps(values[..(length * shape.Aggregate(1, (a, b) => a * b))], length, shape);
            }
        );

    /// <summary>The features must have been made as those that a run was trained on.</summary>
    /// <param name="place">The run's folder, or a bundle.</param>
    /// <param name="facts">Of the run.</param>
    /// <param name="features">Given to it.</param>
    /// <param name="evenWithout">The run can do without a modality.</param>
    /// <exception cref="InvalidDataException">They were not; the message says in what they differ.</exception>
    public static void CheckKeys(string place, RunFacts facts, FeatureSet features, bool evenWithout)
    {
        foreach ((Modality modality, FeatureKey trained) in facts.Keys)
        {
            FeatureStore? given = features.Stores[modality];
            if (given is null && evenWithout)
                continue;
            if (given is null)
                throw new InvalidDataException(
                    $"{place}: needs {modality.Title} features, the feature folder has none."
                );
            if (trained.DifferenceTo(given.Key) is { } difference)
                throw new InvalidDataException(
                    $"{given.Folder}: these {modality.Title} features were made differently from those {place} was trained on ({difference}). "
                        + "Extract again with the same settings."
                );
        }
    }
}
