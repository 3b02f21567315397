namespace Gesto.Training.Fitting;

/// <summary>The processes that train one model together. All of them must make the same calls in the same order: each
/// call waits for the others.</summary>
public interface IRanks : IDisposable
{
    /// <summary>This process, 0…<see cref="Count"/> − 1. Rank 0 alone writes files.</summary>
    int Rank { get; }

    int Count { get; }

    /// <summary>How many of them share this machine's cores.</summary>
    int CountHere { get; }

    /// <summary>This process among those on this machine, from 0.</summary>
    int RankHere { get; }

    /// <summary>Replaces every value by its sum over all ranks; the sums are equal on all ranks.</summary>
    void Sum(Span<float> values);

    /// <inheritdoc cref="Sum(Span{float})"/>
    void Sum(Span<double> values);

    /// <summary>Returns when every rank has called it: what rank 0 wrote before, the others can read after.</summary>
    void Barrier();

    /// <summary>Ends every rank's process, so that none waits for one that failed. A process alone goes on.</summary>
    void Abort(int exitCode);
}

/// <summary>One process alone.</summary>
public sealed class SingleRank : IRanks
{
    public int Rank => 0;

    public int Count => 1;

    public int CountHere => 1;

    public int RankHere => 0;

    public void Sum(Span<float> values) { }

    public void Sum(Span<double> values) { }

    public void Barrier() { }

    public void Abort(int exitCode) { }

    public void Dispose() { }
}
