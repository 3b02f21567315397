using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Fitting;

/// <summary>What is trained, on what, and where it is written.</summary>
public sealed record TrainingOptions
{
    /// <summary>What an extraction wrote.</summary>
    public required FeatureSet Features { get; init; }

    /// <summary>The run's directory; of a recipe with members, the ensemble's.</summary>
    public required string Out { get; init; }

    /// <summary>Null = the run's own where one is gone on with and nothing is set, else <see
    /// cref="DefaultRecipe"/>.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Values set over the recipe and each of its members, "key=value" as in <see
    /// cref="RecipeFile.Load"/>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Set over the recipe, as its `training.seed`; null = the recipe's.</summary>
    public int? Seed { get; init; }

    /// <summary>Go on with what is in <see cref="Out"/>; with nothing there, start.</summary>
    public bool Resume { get; init; }

    /// <summary>libtorch's threads, ≥ 1, part of what makes results equal; null = the run's own, for a new run the
    /// machine's processors, shared with the ranks there.</summary>
    public int? Threads { get; init; }

    /// <summary>What libtorch computes on; null = the run's own, for a new run the processor. On a GPU a run is not
    /// equal to the bit from one time to the next.</summary>
    public ComputeDevice? Device { get; init; }

    /// <summary>Bytes that features may take, else they are read from disk batch by batch; null = half of what the
    /// process may use. Nothing else depends on it.</summary>
    public long? Memory { get; init; }

    /// <summary>A run whose radar encoder is the same to the bit and need not be trained again; null = none. For one
    /// run: members share theirs by themselves.</summary>
    public string? RadarFrom { get; init; }

    /// <summary>Samples to learn from besides the labelled ones; null = the run's own, for a new run none.</summary>
    public PseudoLabels? PseudoLabels { get; init; }

    /// <summary>The processes that train this run together, all of them with the same options; null = this one alone.
    /// What then is equal: see ARCHITECTURE.md.</summary>
    public IRanks? Ranks { get; init; }

    /// <summary>Told of each run whose training has ended, before it is calibrated; null = nobody.</summary>
    public Action<string, TrainingResult>? Trained { get; init; }

    /// <summary><see cref="Settings"/> and <see cref="Seed"/>.</summary>
    internal IReadOnlyList<string> AllSettings =>
        Seed is { } seed ? [.. Settings, FormattableString.Invariant($"training.seed={seed}")] : Settings;
}

/// <summary>What a finished training is worth on the samples held out of it.</summary>
/// <param name="Epoch">The epoch kept: the best, or the last where nothing is held out, from 1.</param>
/// <param name="ValidationAccuracy">Its validation accuracy, 0…1; null where nothing is held out.</param>
/// <param name="ValidationLoss">Its validation loss, nats; null where nothing is held out.</param>
/// <param name="Epochs">Epochs trained, both stages.</param>
/// <param name="Skipped">Labelled samples left out because features of theirs are missing.</param>
/// <param name="CrossValidated">Nothing was held out: accuracy and loss are over all samples, each by a fit without its
/// fold.</param>
public sealed record TrainingResult(
    int Epoch,
    double? ValidationAccuracy,
    double? ValidationLoss,
    int Epochs,
    int Skipped,
    bool CrossValidated = false
);
