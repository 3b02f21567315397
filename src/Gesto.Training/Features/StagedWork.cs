using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Gesto.Training.Features;

/// <summary>Reads, makes and writes items at the same time, each stage on threads of its own, with queues of bounded
/// length between them: no stage waits for another as long as there is work, and what is under way at once does not
/// grow with the number of items.</summary>
internal static class StagedWork
{
    /// <summary>Returns when every item is written. After a failure or a cancellation nothing more is read or begun,
    /// and all that was made is still written.</summary>
    /// <param name="items">Taken one by one as readers get free.</param>
    /// <param name="readers">Threads that read, and items that may wait for a maker.</param>
    /// <param name="read">Called by several threads at once; hands on, one by one, what it makes of an item.</param>
    /// <param name="makers">Threads that make, and items that may wait for the writer.</param>
    /// <param name="make">Called by as many threads at once.</param>
    /// <param name="write">Called on the calling thread, in the order in which items get ready.</param>
    /// <param name="cancel">Stops all stages.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Run<TItem, TRead, TMade>(
        IReadOnlyList<TItem> items,
        int readers,
        Action<TItem, Action<TRead>, CancellationToken> read,
        int makers,
        Func<TRead, TMade> make,
        Action<TMade> write,
        CancellationToken cancel
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(readers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(makers, 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var toMake = new BlockingCollection<TRead>(readers);
        using var toWrite = new BlockingCollection<TMade>(makers);
        Exception? failure = null;
        int next = -1;
        Task reading = Start(
            readers,
            () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < items.Count; )
                    read(items[i], item => toMake.Add(item, stop.Token), stop.Token);
            },
            toMake.CompleteAdding
        );
        Task making = Start(
            makers,
            () =>
            {
                // Waiting for the writer is not cancelled: what is made is kept.
                foreach (TRead item in toMake.GetConsumingEnumerable(stop.Token))
                    toWrite.Add(make(item));
            },
            toWrite.CompleteAdding
        );
        bool writable = true;
        foreach (TMade item in toWrite.GetConsumingEnumerable(CancellationToken.None))
        {
            if (!writable)
                continue; // goes on taking, so that no maker waits for ever
            try
            {
                write(item);
            }
            catch (Exception e)
            {
                writable = false;
                Fail(e);
            }
        }
        Task.WaitAll([reading, making], CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        void Fail(Exception e)
        {
            // The first one is the cause; cancellations after it are its consequences.
            Interlocked.CompareExchange(ref failure, e, null);
            stop.Cancel();
        }

        Task Start(int threads, Action work, Action end) =>
            Task.WhenAll(
                    Enumerable
                        .Range(0, threads)
                        .Select(_ =>
                            Task.Factory.StartNew(
                                () =>
                                {
                                    try
                                    {
                                        work();
                                    }
                                    catch (Exception e)
                                    {
                                        Fail(e);
                                    }
                                },
                                CancellationToken.None,
                                TaskCreationOptions.LongRunning,
                                TaskScheduler.Default
                            )
                        )
                )
                .ContinueWith(_ => end(), TaskScheduler.Default);
    }
}
