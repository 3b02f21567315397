using System.Text.Json;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Cli.Tests;

/// <summary>`predict` and `explain` as programs: one recording is the same one however it is named.</summary>
[Collection(WithProgramData.Name)]
public sealed class RecordingProgramTests(ProgramData made)
{
    private Sample Known => Dataset.Open(made["data"]).Samples.First(s => s.Split == Split.Test);

    private (string Sample, string Used, float[] Probabilities)[] Predict(string run, params string[] arguments)
    {
        using JsonDocument json = JsonDocument.Parse(
            made.Run(["predict", run, "--json", "--top", "3", "--threads", "1", .. arguments]).Done()
        );
        return
        [
            .. json
                .RootElement.EnumerateArray()
                .Select(r =>
                    (
                        r.GetProperty("sample").GetString()!,
                        r.GetProperty("used").GetString()!,
                        r.GetProperty("predictions")
                            .EnumerateArray()
                            .OrderBy(p => p.GetProperty("id").GetInt32())
                            .Select(p => p.GetProperty("probability").GetSingle())
                            .ToArray()
                    )
                ),
        ];
    }

    private static void AreOne(string used, (string Sample, string Used, float[] Probabilities)[] answers) =>
        Assert.All(answers, a =>
        {
            Assert.Equal(used, a.Used);
            Assert.Equal(answers[0].Probabilities, a.Probabilities);
        });

    /// <returns>The known sample's files under names that say nothing: RGB, then the antennas.</returns>
    private string[] Renamed(string folder)
    {
        Directory.CreateDirectory(made[folder]);
        return
        [
            .. Known
                .Radar.Prepend(Known.Rgb)
                .Select(
                    (file, i) =>
                    {
                        string name = $"{folder}/{"hxyz"[i]}{Path.GetExtension(file)}";
                        File.Copy(made[$"data/{file}"], made[name], overwrite: true);
                        return name;
                    }
                ),
        ];
    }

    [Fact]
    public void A_recording_gets_one_answer_by_folder_by_files_and_as_a_sample_of_its_data_set()
    {
        string[] files = Renamed("named");
        string folder = "data/" + Known.Key;
        var answers = Predict(
            "both",
            folder,
            "--rgb",
            files[0],
            "--radar",
            files[1],
            files[2],
            files[3],
            "--dataset",
            "data",
            "--sample",
            $"{Known.Number}",
            Known.Name,
            Known.Key
        );
        Assert.Equal(
            [folder, string.Join(' ', files), $"{Known.Number}", Known.Name, Known.Key],
            answers.Select(a => a.Sample)
        );
        AreOne("RGB and radar", answers);
        Assert.Equal(1, answers[0].Probabilities.Sum(), 1e-5f);
    }

    [Fact]
    public void A_lone_video_is_RGB_for_a_run_on_both_and_radar_for_one_on_radar_alone()
    {
        string[] files = Renamed("lone");
        Directory.CreateDirectory(made["lone-rgb"]);
        File.Copy(made[files[0]], made["lone-rgb/hello.mkv"], overwrite: true);
        var answers = Predict("both", files[0], "lone-rgb", $"data/{Known.Rgb}");
        AreOne("RGB", answers);
        // Three radar videos of any names, in their order.
        foreach (string file in files[1..])
        {
            Directory.CreateDirectory(made["lone-radar"]);
            File.Copy(made[file], made[$"lone-radar/{Path.GetFileName(file)}"], overwrite: true);
        }
        answers = Predict("radar", "lone-radar", "data/" + Known.Key);
        Assert.Equal(answers[1].Probabilities, answers[0].Probabilities);
        // taken for radar, and two are missing
        made.Run("predict", "radar", files[1]).Refused("1 radar antenna(s), expected 3");
        made.Run("predict", "radar", $"data/{Known.Rgb}").Refused("no radar"); // its name says that it is RGB
    }

    [Theory]
    [InlineData(
        "predict both lone",
        "lone: not clear what is what. Found 4 videos (h.mkv, x.mp4, y.mp4, z.mp4); the run takes RGB and radar video of 3 antenna(s)."
    )]
    [InlineData("predict both nowhere.mp4", "nowhere.mp4: no such file or folder.")]
    [InlineData("predict both features/manifest.csv", "features/manifest.csv: not a kind of file that Gesto reads")]
    [InlineData("predict both data", "data: no recording here. Expected a video")]
    [InlineData("predict both", "No recording is named: give a video")]
    [InlineData("predict both --sample 7", "--sample names samples of a data set: name that too, with --dataset.")]
    [InlineData("predict both --dataset data", "--dataset: name its samples with --sample")]
    [InlineData("predict both --dataset data --sample 99", "data: no sample '99'; the nearest are ")]
    [InlineData("predict both data/test --root data", "--root goes with --dataset.")]
    [InlineData("predict both --radar features/key.csv --rgb no.mp4", "no.mp4: no such file.")]
    [InlineData("predict nowhere data", "nowhere: no run here")]
    [InlineData(
        "explain both --dataset data --sample 1 2",
        "2 recordings are named (1, 2), and a picture explains one."
    )]
    public void What_cannot_be_recognised_is_said_before_anything_is_loaded(string command, string words)
    {
        Renamed("lone");
        made.Run(command.Split(' ')).Refused(words);
    }

    [Fact]
    public void Explain_takes_a_lone_file_and_knows_what_its_data_set_says_of_it()
    {
        using JsonDocument json = JsonDocument.Parse(
            made.Run("explain", "both", $"data/{Known.Rgb}", "--json", "--threads", "1").Done()
        );
        Assert.Equal($"data/{Known.Rgb}", json.RootElement.GetProperty("sample").GetString());
        int truth = Dataset.Open(made["data"]).LabelKey![Known.Key];
        Assert.Equal(truth, json.RootElement.GetProperty("truth").GetProperty("id").GetInt32());
        Assert.True(json.RootElement.GetProperty("simulated").GetBoolean());
        Assert.True(File.Exists(made[$"explain-{Path.GetFileNameWithoutExtension(Known.Rgb)}.png"]));
    }

    [Fact]
    public void A_manifest_elsewhere_is_a_data_set_with_the_root_of_its_recordings()
    {
        made.Write(
            "list/manifest.csv",
            $"sample,split,rgb,rdm1,rdm2,rdm3\nhello,test,{made["data/" + Known.Rgb]},{string.Join(',', Known.Radar)}\n"
        );
        made.Run("predict", "both", "--dataset", "list", "--sample", "hello")
            .Refused("Try: the same command with --root FOLDER");
        var answers = Predict("both", "data/" + Known.Key, "--dataset", "list", "--sample", "hello", "--root", "data");
        Assert.Equal(answers[0].Probabilities, answers[1].Probabilities);
    }
}
