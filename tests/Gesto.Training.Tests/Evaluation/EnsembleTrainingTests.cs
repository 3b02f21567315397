using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;

namespace Gesto.Training.Tests.Evaluation;

[Collection(AloneWithLibtorch.Name)]
public class EnsembleTrainingTests
{
    private static readonly Recipe Best = RecipeFile.Load("best");

    private static readonly string[] Small =
    [
        "radar.epochs=2",
        "radar.hidden=8",
        "model.hidden=8",
        "model.layers=1",
        "training.epochs=2",
        "training.warmUp=0",
    ];

    [Fact]
    public void Members_are_trained_once_share_the_radar_encoder_and_vote_on_whatever_there_is()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        var trained = new List<string>();
        TrainedRun made = Start(features, temporary["best"], (run, _) => trained.Add(Path.GetFileName(run)));
        (EnsembleFile file, Calibration? calibration) = (made.Ensemble!, made.Calibration);
        Assert.Equal(["1-late-fusion", "2-rgb-only", "3-radar-only", "4-micro-doppler"], trained);
        Assert.Equal(
            ["members/1-late-fusion", "members/2-rgb-only", "members/3-radar-only", "members/4-micro-doppler"],
            file.Members.Select(m => m.Run)
        );
        Assert.NotNull(calibration);
        Assert.Equal(
            File.ReadAllBytes(temporary["best/members/1-late-fusion/radar-encoder.safetensors"]),
            File.ReadAllBytes(temporary["best/members/3-radar-only/radar-encoder.safetensors"])
        );
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(temporary["best"], threads: 1);
        Assert.Equal("best", recogniser.Recipe.Name);
        Assert.Equal(
            [
                "RGB and radar",
                "RGB and radar without antenna 1",
                "RGB and radar without antenna 2",
                "RGB",
                "radar",
                "radar without antenna 1",
                "radar without antenna 2",
            ],
            recogniser.Masks.Select(m => m.ToString())
        );
    }

    [Fact]
    public void Members_that_take_only_what_there_is_not_do_not_vote()
    {
        string[] Among(params Modality[] there) => [.. RecipeFile.Among(Best, there).Members.Select(m => m[0])];
        string[] all = ["late-fusion", "rgb-only", "radar-only", "micro-doppler", "landmarks"];
        Assert.Equal(all, Among(Modality.Rgb, Modality.Radar, Modality.Landmarks));
        Assert.Equal(all[..4], Among(Modality.Rgb, Modality.Radar));
        Assert.Equal(["late-fusion", "rgb-only", "landmarks"], Among(Modality.Rgb, Modality.Landmarks));
        Assert.Equal(all, Among(Modality.Landmarks)); // one is no vote: it is said that the others lack theirs
    }

    [Fact]
    public void Stopped_between_two_members_it_goes_on_to_the_same_bytes_and_refuses_other_settings()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Start(features, temporary["whole"]);
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            EnsembleTraining.Train(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = Best,
                    Settings = Small,
                    Out = temporary["cut"],
                    Threads = 1,
                    Trained = (_, _) => cancel.Cancel(),
                },
                cancel: cancel.Token
            )
        );
        Assert.Throws<IOException>(() => Start(features, temporary["cut"]));
        var e = Assert.Throws<InvalidDataException>(() =>
            EnsembleTraining.Train(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = Best,
                    Settings = [.. Small, "training.seed=3"],
                    Out = temporary["cut"],
                    Resume = true,
                    Threads = 1,
                }
            )
        );
        Assert.Contains("training.seed=3", e.Message, StringComparison.Ordinal);
        EnsembleTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Out = temporary["cut"],
                Resume = true,
                Threads = 1,
            }
        );
        foreach (string name in new[] { "ensemble.json", "calibration.json", "members/3-radar-only/best.safetensors" })
            Assert.Equal(File.ReadAllBytes(temporary["whole/" + name]), File.ReadAllBytes(temporary["cut/" + name]));
    }

    private static TrainedRun Start(
        FeatureSet features,
        string folder,
        Action<string, TrainingResult>? trained = null
    ) =>
        EnsembleTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Recipe = Best,
                Settings = Small,
                Out = folder,
                Threads = 1,
                Trained = trained,
            }
        );
}
