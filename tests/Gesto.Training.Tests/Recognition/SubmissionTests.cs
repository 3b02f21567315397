using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Recognition;

namespace Gesto.Training.Tests.Recognition;

public class SubmissionTests
{
    private static readonly LabelSet Signs = new([new(0, "A"), new(5, "AIUTO"), new(9, "ANSIA")]);

    private static Sample Of(string key, Split split, int? classId = null) =>
        new()
        {
            Key = key,
            Split = split,
            ClassId = classId,
        };

    [Fact]
    public void It_holds_val_and_test_together_by_number_and_with_class_ids_not_labels()
    {
        IReadOnlyList<Sample> asked = Submission.SamplesOf(
            [
                Of("train/5_AIUTO/SAMPLE_1", Split.Train, 5),
                Of("val/SAMPLE_10", Split.Validation),
                Of("test/SAMPLE_9", Split.Test),
                Of("val/SAMPLE_100", Split.Validation),
            ],
            "data"
        );
        IReadOnlyList<SubmissionRow> rows = Submission.Rows(
            asked,
            new Dictionary<string, int>
            {
                ["val/SAMPLE_10"] = 9,
                ["test/SAMPLE_9"] = 0,
                ["val/SAMPLE_100"] = 5,
            },
            Signs
        );
        string path = Path.GetTempFileName();
        Submission.Save(path, rows);
        Assert.Equal("id,Pred\n9,0\n10,9\n100,5\n", File.ReadAllText(path));
        File.Delete(path);
    }

    [Fact]
    public void A_data_set_without_unlabelled_samples_has_nothing_to_submit()
    {
        var e = Assert.Throws<InvalidDataException>(() =>
            Submission.SamplesOf(
                [Of("train/0_A/SAMPLE_1", Split.Train), Of("val/SAMPLE_2", Split.Validation, 0)],
                "data"
            )
        );
        Assert.Equal(NextStep.Evaluate, Suggestion.Of(e)[0].Step);
    }

    [Fact]
    public void Two_samples_of_one_number_are_both_named()
    {
        var e = Assert.Throws<InvalidDataException>(() =>
            Submission.SamplesOf([Of("val/SAMPLE_7", Split.Validation), Of("test/SAMPLE_07", Split.Test)], "data")
        );
        Assert.Contains(
            "'val/SAMPLE_7' and 'test/SAMPLE_07' have the same number 7",
            e.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_sample_without_a_number_is_named()
    {
        var e = Assert.Throws<InvalidDataException>(() => Submission.SamplesOf([Of("test/anna", Split.Test)], "data"));
        Assert.Contains("'test/anna'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test/SAMPLE_2", 0, "'test/SAMPLE_1' has no answer")]
    [InlineData("test/SAMPLE_1", 1, "'test/SAMPLE_1': class id 1 is not in the label set")]
    public void A_missing_answer_and_a_class_out_of_range_name_the_sample(string answered, int classId, string expected)
    {
        Sample[] asked = [Of("test/SAMPLE_1", Split.Test), Of("test/SAMPLE_2", Split.Test)];
        var answers = new Dictionary<string, int> { ["test/SAMPLE_2"] = 0, [answered] = classId };
        var e = Assert.Throws<InvalidDataException>(() => Submission.Rows(asked, answers, Signs));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_nobody_asked_for_and_a_sample_listed_twice_are_refused()
    {
        Sample one = Of("test/SAMPLE_1", Split.Test);
        Assert.Contains(
            "'test/SAMPLE_3'",
            Assert
                .Throws<InvalidDataException>(() =>
                    Submission.Rows(
                        [one],
                        new Dictionary<string, int> { ["test/SAMPLE_1"] = 0, ["test/SAMPLE_3"] = 0 },
                        Signs
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "'test/SAMPLE_1' is listed twice",
            Assert
                .Throws<InvalidDataException>(() =>
                    Submission.Rows([one, one], new Dictionary<string, int> { ["test/SAMPLE_1"] = 0 }, Signs)
                )
                .Message,
            StringComparison.Ordinal
        );
    }
}
