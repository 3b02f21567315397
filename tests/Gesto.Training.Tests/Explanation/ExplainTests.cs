using System.Text.Json;
using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Explanation;
using Gesto.Training.Recognition;
using SkiaSharp;

namespace Gesto.Training.Tests.Explanation;

public class ExplainTests(TinyRun tiny) : IClassFixture<TinyRun>
{
    private string FolderOf(Sample sample) =>
        Path.Combine(tiny.Data, sample.Key.Replace('/', Path.DirectorySeparatorChar));

    private PredictionExplanation Explain(string run, string folder, string picture, string? sign = null)
    {
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        using var predictor = new VideoPredictor(recogniser, encoder);
        return PredictionExplanation.Draw(
            recogniser,
            predictor,
            RecordingFiles.At(folder, RecordingNeeds.Of(recogniser.Facts.Keys)),
            sign,
            picture,
            null,
            CancellationToken.None
        );
    }

    [Fact]
    public void A_recording_gets_a_picture_and_numbers_that_know_the_truth_and_that_it_is_simulated()
    {
        Dataset dataset = Dataset.Open(tiny.Data);
        Sample sample = dataset.Samples.First(s => s.Split == Split.Test);
        PredictionExplanation explanation = Explain(tiny.Run, FolderOf(sample), tiny.PathOf("why.png"));

        Assert.Equal(dataset.LabelKey![sample.Key], explanation.Truth!.Id);
        Assert.True(explanation.Simulated);
        Assert.Equal(explanation.Top[0], explanation.Sign);
        Assert.Equal(["RGB", "radar"], explanation.Modalities.Select(m => m.Modality));
        Assert.True(explanation.LeftOut); // the recipe has modality dropout
        using JsonDocument json = JsonDocument.Parse(explanation.ToJson());
        Assert.Equal(
            explanation.Modalities[1].Importance.Count,
            json.RootElement.GetProperty("modalities")[1].GetProperty("importance").GetArrayLength()
        );
        using SKBitmap picture = SKBitmap.Decode(tiny.PathOf("why.png"));
        Assert.Equal(1480, picture.Width);
    }

    [Fact]
    public void Another_sign_can_be_asked_about_by_name_or_id_and_an_unknown_one_is_an_error()
    {
        string folder = FolderOf(Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test));
        SignClass other = Dataset.Open(tiny.Data).Labels[2];
        PredictionExplanation byName = Explain(tiny.Run, folder, tiny.PathOf("name.png"), other.Name);
        Assert.Equal(other.Id, byName.Sign.Id);
        Assert.Equal(byName.ToJson(), Explain(tiny.Run, folder, tiny.PathOf("id.png"), $"{other.Id}").ToJson());
        var e = Assert.Throws<InvalidDataException>(() => Explain(tiny.Run, folder, tiny.PathOf("none.png"), "NOSUCH"));
        Assert.Contains("'NOSUCH' is not among the 4", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(tiny.PathOf("none.png")));
    }

    [Fact]
    public void A_recording_in_no_data_set_has_no_truth_and_is_not_called_simulated()
    {
        string folder = FolderOf(Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test));
        using var elsewhere = new Folder();
        string copy = Directory.CreateDirectory(elsewhere["mine"]).FullName;
        foreach (string file in Directory.EnumerateFiles(folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        PredictionExplanation explanation = Explain(tiny.Run, copy, elsewhere["why.png"]);
        Assert.Null(explanation.Truth);
        Assert.False(explanation.Simulated);
    }

    [Fact]
    public void A_moving_echo_lights_its_own_Doppler_bin_at_its_own_time()
    {
        const int steps = 6,
            range = 4,
            doppler = 8;
        var frames = new float[steps * 2 * range * doppler];
        for (int t = 0; t < steps; t++)
            frames[(t * 2 * range + 1) * doppler + 3] = 50; // antenna 1: stands still
        frames[((4 * 2 + 1) * range + 2) * doppler + 6] = 200; // antenna 2, step 4, range 2, Doppler 6
        IReadOnlyList<RadarImage> images = RadarImage.Of(frames, steps, [2, range, doppler]);
        Assert.All(images[0].Levels, v => Assert.Equal(0, v));
        Assert.Equal(4 * doppler + 6, Array.IndexOf(images[1].Levels, images[1].Levels.Max()));
        Assert.Equal(1, images[1].Levels.Max());
    }
}
