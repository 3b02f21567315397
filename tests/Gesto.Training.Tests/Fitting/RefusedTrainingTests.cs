using Gesto.Files;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using static Gesto.Training.Tests.Fitting.TrainingRunTests;

namespace Gesto.Training.Tests.Fitting;

/// <summary>Trainings that would be of no worth, or would destroy another.</summary>
[Collection(AloneWithLibtorch.Name)]
public class RefusedTrainingTests
{
    [Fact]
    public void One_recording_in_two_parts_of_the_split_is_an_error_that_names_both_samples()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        string a = "train/3_SIGN3/SAMPLE_2",
            b = "train/8_SIGN8/SAMPLE_1",
            test = "test/3_SIGN3/SAMPLE_0";
        Write(a, b); // twice in one part counts twice, and leaks nothing
        Train(features, Small, temporary["run"]);
        Write(a, test); // alike at the edges only: no leak
        Train(features, Small, temporary["alike"]);
        foreach (string store in new[] { "rgb", "radar" })
            File.Copy(
                Path.Combine(features.Folder, store, a + ".npy"),
                Path.Combine(features.Folder, store, test + ".npy"),
                overwrite: true
            );
        var e = Assert.Throws<InvalidDataException>(() => Train(features, Small, temporary["leak"]));
        Assert.Contains($"'{test}' (test) and '{a}' (train)", e.Message, StringComparison.Ordinal);

        void Write(params string[] same) =>
            File.WriteAllText(
                Path.Combine(features.Folder, "recordings.json"),
                System.Text.Json.JsonSerializer.Serialize(
                    features.Samples.ToDictionary(s => s.Key, s => same.Contains(s.Key) ? "same" : s.Key)
                )
            );
    }

    [Fact]
    public void A_run_that_is_there_is_not_written_over()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Train(features, Small, temporary["run"]);
        Suggestion next = Assert.Single(
            Suggestion.Of(Assert.Throws<IOException>(() => Train(features, Small, temporary["run"])))
        );
        Assert.Equal((NextStep.ResumeTraining, temporary["run"]), (next.Step, Assert.Single(next.Subjects)));
        Directory.CreateDirectory(temporary["mine"]);
        File.WriteAllText(temporary["mine/notes.txt"], "");
        Assert.Contains(
            "notes.txt",
            Assert.Throws<IOException>(() => Train(features, Small, temporary["mine"])).Message
        );
    }

    [Fact]
    public void Resuming_with_another_label_set_recipe_features_data_or_thread_count_is_refused()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Train(features, Small, temporary["run"]);
        void Refused(string word, FeatureSet set, Recipe recipe, int threads = 1) =>
            Assert.Contains(
                word,
                Assert
                    .Throws<InvalidDataException>(() =>
                        TrainingRun.Start(
                            new TrainingOptions
                            {
                                Features = set,
                                Recipe = recipe,
                                Out = temporary["run"],
                                Resume = true,
                                Threads = threads,
                            }
                        )
                    )
                    .Message
            );
        Refused("another label set", PlantedFeatures.Write(temporary["labels"], ids: [3, 9]), Small);
        Refused("\"epochs\": 9", features, Small with { Training = Small.Training with { Epochs = 9 } });
        Refused("made differently (DType", PlantedFeatures.Write(temporary["type"], radarType: "<f4"), Small);
        Refused("have changed", PlantedFeatures.Write(temporary["data"], takes: 9), Small);
        Refused("Resume with 1.", features, Small, threads: 2);
    }

    [Fact]
    public void Missing_modalities_and_NaN_are_named()
    {
        using var temporary = new Folder();
        string message = Assert
            .Throws<InvalidDataException>(() =>
                Train(PlantedFeatures.Write(temporary["radar"], rgb: false), Small, temporary["run"])
            )
            .Message;
        Assert.Contains("needs RGB features", message);
        message = Assert
            .Throws<InvalidDataException>(() =>
                Train(
                    PlantedFeatures.Write(temporary["nan"], radarType: "<f4", poison: float.NaN),
                    Small,
                    temporary["run"]
                )
            )
            .Message;
        Assert.Contains("SAMPLE_0.npy: value 5 is NaN", message);
    }
}
