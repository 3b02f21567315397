using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Gesto.Training;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gesto.Cli;

/// <summary>Shows long work on standard error: bars with rate and time left on a terminal, sparse plain lines elsewhere
/// (a log file is read later: one line a stage and every ten seconds is enough).</summary>
internal static class ProgressBar
{
    /// <summary>The one unit that comes in millions.</summary>
    private const string Bytes = "bytes";

    public static void Run(Action<IProgress<WorkProgress>> work) =>
        Run<object?>(progress =>
        {
            work(progress);
            return null;
        });

    public static T Run<T>(Func<IProgress<WorkProgress>, T> work)
    {
        if (Console.IsErrorRedirected || !Terminal.Error.Profile.Capabilities.Interactive)
            return work(new PlainLines(Console.Error, TimeProvider.System));
        var shown = new ConcurrentDictionary<int, (string Count, string Rate)>();
        return Terminal
            .Error.Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new TextColumn(task => shown.GetValueOrDefault(task).Count),
                new TextColumn(task => shown.GetValueOrDefault(task).Rate),
                new RemainingTimeColumn()
            )
            .Start(context => work(new Bars(context, shown)));
    }

    /// <returns>How fast, for people: many a second, or seconds for each; bytes in MB.</returns>
    private static string Rate(double perSecond, string unit) =>
        unit == Bytes ? string.Create(CultureInfo.InvariantCulture, $"{perSecond / 1e6:0.0} MB/s")
        : perSecond is > 0 and < 1 ? string.Create(CultureInfo.InvariantCulture, $"{1 / perSecond:0.#} s each")
        : string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.#}{(unit.Length > 0 ? " " : "")}{unit}/s");

    /// <returns>How far, e.g. "3/12" or "12.5/94.9 MB"; without the end where that is not known.</returns>
    private static string Count(WorkProgress value) =>
        value.Unit == Bytes
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{value.Done / 1e6:0.0}{(value.Total > 0 ? FormattableString.Invariant($"/{value.Total / 1e6:0.0}") : "")} MB"
            )
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{value.Done}{(value.Total > 0 ? FormattableString.Invariant($"/{value.Total}") : "")}"
            );

    /// <returns>True where a stage is gone through once more, for an ensemble's next member, say. A little less done
    /// than before may also come from threads that overtook one another.</returns>
    private static bool BeginsAnew(long done, double before) => done < before / 2;

    /// <param name="context">The terminal's.</param>
    /// <param name="shown">Receives how far each task is, and its rate from its first report to its latest: Spectre's
    /// own goes on falling when a stage has ended.</param>
    private sealed class Bars(ProgressContext context, ConcurrentDictionary<int, (string Count, string Rate)> shown)
        : IProgress<WorkProgress>
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, (ProgressTask Task, long Start, long First)> stages = [];

        public void Report(WorkProgress value)
        {
            lock (gate)
            {
                long now = Stopwatch.GetTimestamp();
                if (!stages.TryGetValue(value.Stage, out var stage) || BeginsAnew(value.Done, stage.Task.Value))
                    stages[value.Stage] = stage = (context.AddTask(Terminal.Escape(value.Stage)), now, value.Done);
                (ProgressTask task, long start, long first) = stage;
                double rate = (value.Done - first) / Math.Max(Stopwatch.GetElapsedTime(start, now).TotalSeconds, 1e-3);
                shown[task.Id] = (Count(value), rate > 0 ? Rate(rate, value.Unit) : "");
                task.IsIndeterminate = value.Total == 0;
                task.MaxValue = Math.Max(1, value.Total);
                task.Value = value.Done;
            }
        }
    }

    private sealed class TextColumn(Func<int, string?> textOf) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(textOf(task.Id) ?? "");
    }

    internal sealed class PlainLines(TextWriter writer, TimeProvider clock) : IProgress<WorkProgress>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
        private readonly Lock gate = new();
        private readonly Dictionary<string, (long Start, long First, long Last, long Done)> stages = [];

        public void Report(WorkProgress value)
        {
            lock (gate)
            {
                long now = clock.GetTimestamp();
                bool finished = value.Total > 0 && value.Done >= value.Total;
                if (!stages.TryGetValue(value.Stage, out var stage) || BeginsAnew(value.Done, stage.Done))
                {
                    stage = (now, value.Done, now, value.Done);
                    stages[value.Stage] = stage;
                    if (!finished)
                        return;
                }
                stages[value.Stage] = stage = stage with { Done = value.Done };
                if (!finished && clock.GetElapsedTime(stage.Last, now) < Interval)
                    return;
                stages[value.Stage] = stage with { Last = now };
                double seconds = clock.GetElapsedTime(stage.Start, now).TotalSeconds;
                double rate = (value.Done - stage.First) / Math.Max(seconds, 1e-3);
                string left =
                    rate > 0 && value.Total > 0 && !finished
                        ? $", {TimeSpan.FromSeconds((value.Total - value.Done) / rate):h\\:mm\\:ss} left"
                        : "";
                string count = Count(value) + (value.Unit == Bytes ? "" : $" {value.Unit}");
                writer.WriteLine($"{value.Stage}: {count}, {Rate(rate, value.Unit == Bytes ? Bytes : "")}{left}");
            }
        }
    }
}
