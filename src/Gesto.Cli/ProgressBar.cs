using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Gesto.Cli;

/// <summary>Shows long work on standard error: bars with rate and time left on a terminal, sparse plain lines elsewhere
/// (a log file is read later: one line a stage and every ten seconds is enough).</summary>
internal static class ProgressBar
{
    private static readonly IAnsiConsole Console =
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) });

    public static void Run(Action<IProgress<WorkProgress>> work) => Run<object?>(progress =>
    {
        work(progress);
        return null;
    });

    public static T Run<T>(Func<IProgress<WorkProgress>, T> work)
    {
        if (System.Console.IsErrorRedirected || !Console.Profile.Capabilities.Interactive)
            return work(new PlainLines(System.Console.Error));
        var units = new ConcurrentDictionary<int, string>();
        return Console.Progress()
            .AutoClear(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new CountColumn(),
                new RateColumn(units), new RemainingTimeColumn())
            .Start(context => work(new Bars(context, units)));
    }

    private sealed class Bars(ProgressContext context, ConcurrentDictionary<int, string> units) : IProgress<WorkProgress>
    {
        private readonly ConcurrentDictionary<string, ProgressTask> tasks = new();

        public void Report(WorkProgress value)
        {
            ProgressTask task = tasks.GetOrAdd(value.Stage, stage => context.AddTask(Markup.Escape(stage)));
            units[task.Id] = value.Unit;
            task.IsIndeterminate = value.Total == 0;
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
        }
    }

    private sealed class CountColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(string.Create(CultureInfo.InvariantCulture, $"{task.Value:0}/{task.MaxValue:0}"));
    }

    private sealed class RateColumn(ConcurrentDictionary<int, string> units) : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Speed is { } speed
                ? string.Create(CultureInfo.InvariantCulture, $"{speed:0.#} {units.GetValueOrDefault(task.Id)}/s")
                : "");
    }

    private sealed class PlainLines(TextWriter writer) : IProgress<WorkProgress>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
        private readonly Lock gate = new();
        private readonly Dictionary<string, (long Start, long First, long Last)> stages = [];

        public void Report(WorkProgress value)
        {
            lock (gate)
            {
                long now = Stopwatch.GetTimestamp();
                bool finished = value.Total > 0 && value.Done >= value.Total;
                if (!stages.TryGetValue(value.Stage, out var stage))
                {
                    stage = (now, value.Done, now);
                    stages[value.Stage] = stage;
                    if (!finished) return;
                }
                if (!finished && Stopwatch.GetElapsedTime(stage.Last, now) < Interval) return;
                stages[value.Stage] = stage with { Last = now };
                double seconds = Stopwatch.GetElapsedTime(stage.Start, now).TotalSeconds;
                double rate = (value.Done - stage.First) / Math.Max(seconds, 1e-3);
                string left = rate > 0 && !finished
                    ? $", {TimeSpan.FromSeconds((value.Total - value.Done) / rate):h\\:mm\\:ss} left"
                    : "";
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{value.Stage}: {value.Done}/{value.Total} {value.Unit}, {rate:0.#}/s{left}"));
            }
        }
    }
}
