using Gesto.Files;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Checking;

public sealed class UnevenRateTests
{
    [Fact]
    public void The_doctor_notes_an_uneven_rate_and_finds_no_problem_in_it()
    {
        using var folder = new Folder();
        Reference.SlowingVideo(folder["data/test/SAMPLE_1/SAMPLE_1_RGB.mkv"], "ffv1");
        Reference.Video(folder["data/test/SAMPLE_2/SAMPLE_2_RGB.mkv"], 64, 48, 20, rate: 30);
        Dataset dataset = Dataset.Open(folder["data"]);
        Problem only = Assert.Single(DatasetDoctor.Examine(dataset, new DoctorOptions(), null, default));
        Assert.Equal(("test/SAMPLE_1", ProblemKind.UnevenRate, true), (only.Sample, only.Kind, only.IsNote));
        Assert.Contains(
            "frames are 0.040 to 1.000 s apart, 0.242 s on average",
            only.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(NextStep.ExtractByTime, only.Suggestion?.Step);
    }
}
