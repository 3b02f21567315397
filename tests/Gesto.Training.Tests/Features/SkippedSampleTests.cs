using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Features;

public class SkippedSampleTests
{
    [Fact]
    public void The_list_of_skipped_samples_names_files_as_the_manifest_does()
    {
        using var folder = new Folder();
        DatasetWriter.Write(
            folder["data"],
            SimulationOptions.Challenge2026 with
            {
                Classes = 2,
                Signers = 3,
                Takes = 1,
                RangeBins = 16,
                DopplerBins = 16,
            },
            null,
            default
        );
        Dataset data = Dataset.Open(folder["data"]);
        string file = data.Samples[0].Radar[1]!;
        File.WriteAllText(data.PathOf(file), "cut");
        ExtractionResult result = Extraction.Run(
            data,
            folder["features"],
            null,
            new ExtractionOptions { Policy = ExtractionPolicy.Skip },
            null,
            default
        );
        SkippedSample skipped = Assert.Single(result.Skipped);
        Assert.StartsWith($"{file}: ", skipped.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Path, File.ReadAllText(folder["features/skipped.json"]), StringComparison.Ordinal);
    }
}
