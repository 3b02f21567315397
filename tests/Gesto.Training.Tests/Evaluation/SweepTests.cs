using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

[Collection(AloneWithLibtorch.Name)]
public sealed class SweepTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_cell_is_trained_with_its_settings_once_and_listed_best_first()
    {
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false, signers: 3);
        Sweep Open(string epochs = "1,2") =>
            new(
                new TrainingOptions
                {
                    Features = features,
                    Out = folder["sweep"],
                    Threads = 1,
                },
                "radar-only",
                [
                    "radar.epochs=1",
                    "radar.hidden=4",
                    "model.hidden=4",
                    "model.layers=1",
                    $"training.epochs={epochs}",
                    "training.warmUp=0",
                    "training.seed=5",
                ]
            );
        Sweep sweep = Open();
        Assert.Equal((2, "training.epochs=2"), (sweep.Count, Assert.Single(sweep.SettingsOf(2))));
        Assert.True(sweep.RunCell(1, TimeProvider.System, null, CancellationToken.None));
        Assert.Contains(
            "cell-2: this cell is not finished",
            Assert.Throws<InvalidDataException>(() => sweep.Table()).Message,
            StringComparison.Ordinal
        );
        Assert.True(sweep.RunCell(2, TimeProvider.System, null, CancellationToken.None));
        Assert.False(sweep.RunCell(2, TimeProvider.System, null, CancellationToken.None));

        IReadOnlyList<SweepCell> table = sweep.Table();
        Assert.Equal(table.OrderByDescending(c => c.Top1).ThenBy(c => c.Cell), table);
        foreach (SweepCell cell in table)
        {
            Assert.Equal([cell.Cell == 1 ? "1" : "2"], cell.Values);
            Assert.Equal(
                PredictionFile.Load(sweep.PathOf(cell.Cell), "val").Average(p => p.IsCorrect ? 1.0 : 0.0),
                cell.Top1,
                1e-12
            );
        }
        string[] lines = File.ReadAllLines(folder["sweep/sweep.csv"]);
        Assert.Equal("cell,training.epochs,top1,top1_low,top1_high,samples,epoch", lines[0]);
        Assert.Equal(3, lines.Length);
        Assert.Contains(
            "\"epochs\": 2",
            Assert
                .Throws<InvalidDataException>(() =>
                    Open("1,3").RunCell(2, TimeProvider.System, null, CancellationToken.None)
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Cell 3 of 2",
            Assert
                .Throws<InvalidDataException>(() => sweep.RunCell(3, TimeProvider.System, null, CancellationToken.None))
                .Message,
            StringComparison.Ordinal
        );
    }
}
