namespace Gesto.Training.Testing;

/// <summary>Unlike Progress&lt;T&gt;, calls back before the work goes on.</summary>
internal sealed class Interrupter(Action<WorkProgress> report) : IProgress<WorkProgress>
{
    public void Report(WorkProgress value) => report(value);
}
