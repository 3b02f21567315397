using Gesto.Files;
using Gesto.Training.Runs;
using ScottPlot;

namespace Gesto.Training.Fitting;

/// <summary>Loss and accuracy over the epochs of both stages, one picture.</summary>
internal static class CurvesPlot
{
    public static void Save(string path, IReadOnlyList<EpochLine> log)
    {
        string[] stages = [.. log.Select(l => l.Stage).Distinct()];
        var picture = new Multiplot();
        picture.AddPlots(2 * stages.Length);
        picture.Layout = new ScottPlot.MultiplotLayouts.Grid(stages.Length, 2);
        for (int i = 0; i < stages.Length; i++)
        {
            EpochLine[] lines = [.. log.Where(l => l.Stage == stages[i])];
            Draw(
                picture.GetPlot(2 * i),
                $"{stages[i]}: cross entropy, nats",
                lines,
                l => l.TrainLoss,
                l => l.ValidationLoss
            );
            Draw(
                picture.GetPlot(2 * i + 1),
                $"{stages[i]}: accuracy",
                lines,
                l => l.TrainAccuracy,
                l => l.ValidationAccuracy
            );
            picture.GetPlot(2 * i + 1).Axes.SetLimitsY(0, 1.02);
        }
        byte[] png = picture.Render(1100, 380 * Math.Max(1, stages.Length)).GetImageBytes(ImageFormat.Png);
        AtomicFile.Write(path, s => s.Write(png));
    }

    private static void Draw(
        Plot plot,
        string title,
        EpochLine[] lines,
        Func<EpochLine, double> train,
        Func<EpochLine, double?> validation
    )
    {
        double[] epochs = [.. lines.Select(l => (double)l.Epoch)];
        plot.Title(title);
        plot.XLabel("epoch");
        plot.Add.Scatter(epochs, lines.Select(train).ToArray()).LegendText = "train (dropout on)";
        if (lines.All(l => validation(l) is not null))
            plot.Add.Scatter(epochs, lines.Select(l => validation(l)!.Value).ToArray()).LegendText = "validation";
        if (Trainer.Best(lines) is { } best)
        {
            var line = plot.Add.VerticalLine(best.Epoch);
            line.LegendText = "kept";
            line.LinePattern = LinePattern.Dashed;
        }
        plot.ShowLegend(Alignment.LowerLeft);
    }
}
