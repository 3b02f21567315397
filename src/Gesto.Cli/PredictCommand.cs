using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gesto.Signs;
using Gesto.Training;
using Gesto.Training.Export;

namespace Gesto.Cli;

internal static class PredictCommand
{
    private const int BarWidth = 30;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>What `--json` writes for one recording.</summary>
    /// <param name="Sample">The recording, as given.</param>
    /// <param name="Predictions">The most probable first.</param>
    /// <param name="Used">What of the recording the answer rests on, in words.</param>
    /// <param name="Complete">False where the run could have used more: a modality or an antenna is missing.</param>
    /// <param name="Unknown">True where the first is below the run's threshold: better not answered.</param>
    /// <param name="ClosePair">Set where the first is one of a costly pair and the other is nearly as probable.</param>
    internal sealed record Prediction(
        string Sample,
        IReadOnlyList<PredictedSign> Predictions,
        string Used,
        bool Complete,
        bool Unknown,
        ClosePair? ClosePair
    );

    internal sealed record PredictedSign(int Id, string Name, float Probability);

    public static Command Build()
    {
        var run = new Argument<string>("RUN")
        {
            Description = "Run directory of 'gesto train', an ensemble's, or a file of 'gesto export'.",
        };
        var recordings = new RecordingOptions();
        var top = new Option<int>("--top")
        {
            Description = "Signs to list for each recording.",
            DefaultValueFactory = _ => 5,
        };
        top.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--top must be 1 or more.");
        });
        Option<int> threads = ThreadsOption.Build();
        var json = new Option<bool>("--json") { Description = "Write one JSON array to standard output." };
        var command = new Command(
            "predict",
            "Recognise the sign in each recording, from its raw files to ranked signs with probabilities.\n\n"
                + "Example:  gesto predict runs/late-fusion data/test/SAMPLE_7 --top 3\n"
                + "Example:  gesto predict runs/rgb-only hello.mp4 more/*.mp4\n"
                + "Example:  gesto predict runs/late-fusion --rgb a.mp4 --radar r1.npy r2.npy r3.npy\n"
                + "Example:  gesto predict runs/late-fusion --dataset data --sample 7 8"
        )
        {
            run,
            top,
            threads,
            json,
        };
        recordings.AddTo(command);
        command.SetAction(
            (parsed, cancel) =>
            {
                // Files that are not there should be known before a network is loaded.
                IReadOnlyList<Recording> found = recordings.Find(parsed);
                OpenRecogniser.Find(parsed.GetValue(run)!, found);
                IReadOnlyList<Prediction> predictions = ProgressBar.Run(progress =>
                    Predict(
                        parsed.GetValue(run)!,
                        found,
                        parsed.GetValue(top),
                        parsed.GetValue(threads),
                        progress,
                        cancel
                    )
                );
                if (parsed.GetValue(json))
                    Console.Out.WriteLine(JsonSerializer.Serialize(predictions, Json));
                else
                    foreach (Prediction prediction in predictions)
                        Write(prediction, Console.Out);
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    internal static IReadOnlyList<Prediction> Predict(
        string run,
        IReadOnlyList<Recording> recordings,
        int top,
        int threads,
        IProgress<WorkProgress> progress,
        CancellationToken cancel
    )
    {
        using OpenRecogniser opened = OpenRecogniser.Open(run, threads);
        var predictions = new List<Prediction>();
        for (int i = 0; i < recordings.Count; i++)
        {
            progress.Report(new("recognise", i, recordings.Count, "recordings"));
            Gesto.Prediction answer = opened.Predict(recordings[i], cancel);
            predictions.Add(
                new(
                    answer.Recording,
                    [.. answer.Ranked.Take(top).Select(r => new PredictedSign(r.Id, r.Name, r.Probability))],
                    answer.Used,
                    answer.IsComplete,
                    answer.IsUnknown,
                    answer.ClosePair
                )
            );
        }
        progress.Report(new("recognise", recordings.Count, recordings.Count, "recordings"));
        return predictions;
    }

    internal static void Write(Prediction prediction, TextWriter writer)
    {
        writer.WriteLine(prediction.Sample);
        if (!prediction.Complete)
            writer.WriteLine($"  from {prediction.Used} only: the recording lacks the rest of what this run uses");
        if (prediction.Unknown)
            writer.WriteLine("  unknown: not sure enough to answer; the most probable are");
        int width = prediction.Predictions.Max(p => p.Name.Length);
        foreach (PredictedSign sign in prediction.Predictions)
            writer.WriteLine(
                string.Create(
                        CultureInfo.InvariantCulture,
                        $"  {sign.Id, 3}  {sign.Name.PadRight(width)}  {100 * sign.Probability, 5:0.0} %  {Bar(sign.Probability)}"
                    )
                    .TrimEnd()
            );
        if (prediction.ClosePair is { } close)
            writer.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  careful: {close.Answer} or {close.Partner}? The latter has {100 * close.PartnerShare:0} % of the pair's probability; ask again."
                )
            );
    }

    /// <returns>A bar of whole and eighth blocks, <see cref="BarWidth"/> characters at probability 1.</returns>
    private static string Bar(float probability)
    {
        int eighths = (int)Math.Round(probability * BarWidth * 8);
        return new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : "▏▎▍▌▋▊▉"[eighths % 8 - 1]);
    }
}
