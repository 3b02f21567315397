using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;

namespace Gesto.Training.Testing;

/// <summary>Runs trained on one thread.</summary>
internal static class Trained
{
    public static TrainingResult Run(FeatureSet features, Recipe recipe, string folder, bool resume = false) =>
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = folder,
                Resume = resume,
                Threads = 1,
            }
        );
}
