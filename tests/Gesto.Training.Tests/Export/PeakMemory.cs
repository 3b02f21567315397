using System.Diagnostics;

namespace Gesto.Training.Tests.Export;

/// <summary>By how much this process grows, looked at every few milliseconds.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly long before = Now();
    private readonly CancellationTokenSource stop = new();
    private readonly Task<long> watching;

    public PeakMemory() =>
        watching = Task.Run(() =>
        {
            long peak = 0;
            do peak = Math.Max(peak, Now());
            while (!stop.Token.WaitHandle.WaitOne(2));
            return peak;
        });

    public long Growth()
    {
        stop.Cancel();
        return watching.Result - before;
    }

    public void Dispose()
    {
        stop.Cancel();
        watching.Wait();
        stop.Dispose();
    }

    private static long Now()
    {
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
