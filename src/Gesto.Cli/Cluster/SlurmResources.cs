namespace Gesto.Cli.Cluster;

/// <summary>What a task asks Slurm for, in Slurm's own words.</summary>
public sealed record SlurmResources
{
    /// <summary>Cores a task; also the threads that Gesto uses.</summary>
    public int Cpus { get; init; } = 4;

    /// <summary>A task's, e.g. "8G".</summary>
    public string Memory { get; init; } = "8G";

    /// <summary>A task's time limit, e.g. "04:00:00"; a task that needs longer goes back into the queue and on from
    /// there.</summary>
    public string Time { get; init; } = "04:00:00";

    /// <summary>Null: the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>Null: the user's default.</summary>
    public string? Account { get; init; }

    /// <summary>Tasks at the same time; null: as many as fit.</summary>
    public int? Running { get; init; }

    /// <summary>Further `#SBATCH` lines, e.g. "--constraint=avx512".</summary>
    public IReadOnlyList<string> More { get; init; } = [];
}
