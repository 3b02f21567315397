using TorchSharp;

namespace Gesto.Training;

/// <summary>How many threads libtorch computes with, for as long as one piece of work takes.</summary>
/// <remarks>libtorch keeps the number for each thread that calls it (OpenMP's `nthreads-var`); a thread that has not
/// called it yet begins with the number set last, anywhere in the process. So work that needs a number sets it on its
/// own thread and puts the old one back: two that run beside one another each have their own, and nothing that is
/// merely loaded changes it.</remarks>
internal readonly struct TorchThreads : IDisposable
{
    private static readonly Lock Gate = new();
    private static int open,
        outside;

    private readonly int before;

    private TorchThreads(int before) => this.before = before;

    /// <param name="threads">≥ 1, of the calling thread; dispose on it as well.</param>
    public static TorchThreads Use(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        lock (Gate)
        {
            int before = torch.get_num_threads();
            if (open++ == 0)
                outside = before;
            torch.set_num_threads(threads);
            return new TorchThreads(before);
        }
    }

    public void Dispose()
    {
        lock (Gate)
            torch.set_num_threads(--open == 0 ? outside : before); // `before` may be another's, seen by a new thread
    }
}
