using System.Text.Json;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Cli.Tests;

/// <summary>`export`, `info`, and a bundle where a run would be, as programs.</summary>
[Collection(WithProgramData.Name)]
public sealed class ExportProgramTests(ProgramData made)
{
    [Theory]
    [InlineData("both")]
    [InlineData("radar")]
    [InlineData("vote")]
    public void A_run_an_encoder_that_learnt_and_an_ensemble_answer_from_one_file_as_from_their_directory(string run)
    {
        string bundle = $"{run}.gesto";
        Assert.Empty(made.Run("export", run, "--out", bundle).Done());
        Sample sample = Dataset.Open(made["data"]).Samples.First(s => s.Split == Split.Test);
        float[] expected = Probabilities(run),
            found = Probabilities(bundle);
        for (int k = 0; k < expected.Length; k++)
            Assert.Equal(expected[k], found[k], 1e-4f);

        float[] Probabilities(string recogniser)
        {
            using JsonDocument json = JsonDocument.Parse(
                made.Run("predict", recogniser, "--dataset", "data", "--sample", sample.Key, "--json", "--top", "3")
                    .Done()
            );
            return
            [
                .. json.RootElement[0]
                    .GetProperty("predictions")
                    .EnumerateArray()
                    .OrderBy(p => p.GetProperty("id").GetInt32())
                    .Select(p => p.GetProperty("probability").GetSingle()),
            ];
        }
    }

    [Fact]
    public void Info_says_what_a_bundle_is_and_refuses_what_is_none()
    {
        made.Run("export", "radar", "--out", "info.gesto").Done();
        string text = made.Run("info", "info.gesto").Done();
        Assert.Contains("Learnt from simulated recordings", text, StringComparison.Ordinal);
        Assert.Contains("bundle.json", text, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(made.Run("info", "info.gesto", "--json").Done());
        Assert.Equal("radar-only", json.RootElement.GetProperty("name").GetString());
        made.Write("none.gesto", "not a zip");
        made.Run("info", "none.gesto").Refused("none.gesto");
        made.Run("predict", "none.gesto", "x.mp4").Refused("none.gesto");
        made.Run("export", "data", "--out", "x.gesto").Refused("no run here");
        Assert.False(File.Exists(made["x.gesto"]));
    }

    [Fact]
    public void A_submission_from_recordings_takes_a_bundle_too()
    {
        made.Run("export", "vote", "--out", "submit.gesto").Done();
        made.Run("submit", "vote", "data", "--out", "run.csv").Done();
        made.Run("submit", "submit.gesto", "data", "--out", "bundle.csv").Done();
        Assert.Equal(File.ReadAllText(made["run.csv"]), File.ReadAllText(made["bundle.csv"]));
    }
}
