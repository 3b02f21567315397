using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Runs;

namespace Gesto.Training.Recognition;

/// <summary>A feature set's samples as a run takes them.</summary>
internal static class StoredSample
{
    /// <summary>What a run uses of one sample of a feature set.</summary>
    /// <param name="facts">Of the run.</param>
    /// <param name="features">Made as those trained on.</param>
    /// <param name="key">The sample's.</param>
    /// <param name="evenWithout">The run can do without a modality: one that the sample lacks is null.</param>
    /// <exception cref="InvalidDataException">The sample lacks what the run cannot do without.</exception>
    public static SampleFeatures Load(RunFacts facts, FeatureSet features, string key, bool evenWithout)
    {
        (float[]? rgb, int rgbLength, _) = Values(facts.Rgb, features.Rgb, key, evenWithout);
        (float[]? radar, int radarLength, int[] shape) = Values(facts.Radar, features.Radar, key, evenWithout);
        return new SampleFeatures(rgb, rgbLength, radar, radarLength, shape);
    }

    /// <summary>The features must have been made as those that a run was trained on.</summary>
    /// <param name="run">The run.</param>
    /// <param name="features">Given to it.</param>
    /// <param name="evenWithout">The run can do without a modality.</param>
    /// <exception cref="InvalidDataException">They were not; the message says in what they differ.</exception>
    public static void CheckKeys(RunDirectory run, FeatureSet features, bool evenWithout)
    {
        Check("RGB", run.Facts.Rgb, features.Rgb);
        Check("radar", run.Facts.Radar, features.Radar);

        void Check(string modality, FeatureKey? trained, FeatureStore? given)
        {
            if (trained is null || (given is null && evenWithout))
                return;
            if (given is null)
                throw new InvalidDataException(
                    $"{run.Folder}: needs {modality} features, the feature folder has none."
                );
            if (trained.DifferenceTo(given.Key) is { } difference)
                throw new InvalidDataException(
                    $"{given.Folder}: these {modality} features were made differently from those {run.Folder} was trained on ({difference}). "
                        + "Extract again with the same settings."
                );
        }
    }

    /// <returns>The real frames' values, no padding; none where the run does not use the modality, or can do without
    /// it.</returns>
    private static (float[]? Values, int Length, int[] Shape) Values(
        FeatureKey? trained,
        FeatureStore? store,
        string key,
        bool evenWithout
    )
    {
        if (trained is null || store is null || (evenWithout && !store.Contains(key)))
            return (null, 0, []);
        int length = store.LengthOf(key);
        int[] shape = store.Key.Shape[1..];
        return (
            TrainingData.Read(store, key).ToSingles()[..(length * shape.Aggregate(1, (a, b) => a * b))],
            length,
            shape
        );
    }
}
