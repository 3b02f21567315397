using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gesto.Files;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;
using Gesto.Training.Tests.Features;

namespace Gesto.Training.Tests;

/// <summary>One value of a good file edited: the message names the file, the value and what to do.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private void Refused(string file, string what, Action read)
    {
        string message = Assert.Throws<InvalidDataException>(read).Message;
        Assert.StartsWith(folder[file], message, StringComparison.Ordinal);
        Assert.Contains(what, message, StringComparison.Ordinal);
        Assert.EndsWith(".", message, StringComparison.Ordinal);
    }

    private void Store(string lengths = "{}", string? journal = null, Action<JsonObject>? edit = null)
    {
        JsonObject key = JsonSerializer.SerializeToNode(FeatureStoreTests.Key)!.AsObject();
        edit?.Invoke(key);
        folder.Write(FeatureStore.KeyFile, key.ToJsonString());
        folder.Write(FeatureStore.LengthsFile, lengths);
        if (journal is not null)
            folder.Write("journal.jsonl", journal);
    }

    [Theory]
    [InlineData("-3")]
    [InlineData("0")]
    [InlineData("31")]
    [InlineData("2147483647")]
    public void A_length_that_no_sample_can_have_is_refused(string length)
    {
        Store($$"""{"train/a": 30, "train/b": {{length}}}""");
        Refused(FeatureStore.LengthsFile, $"the length of 'train/b' is {length}, expected 1 to 30. Delete", () =>
            FeatureStore.Open(folder.Path)
        );
        Store(journal: $"{{\"Sample\":\"train/a\",\"Length\":1}}\n{{\"Sample\":\"train/b\",\"Length\":{length}}}\n");
        Refused(
            "journal.jsonl",
            $"line 2: the length of 'train/b' is {length}, expected 1 to 30. Delete this line",
            () => FeatureStore.Open(folder.Path)
        );
    }

    [Theory]
    [InlineData("null", "it is null")]
    [InlineData("7", "number of frames")]
    [InlineData("{\"Sample\":null,\"Length\":1}", "Sample")]
    [InlineData("{\"Length\":1}", "Sample")]
    [InlineData("{\"Sample\":\"../../x\",\"Length\":1}", "'../../x'")]
    [InlineData("{\"Sample\":\"/etc/x\",\"Length\":1}", "'/etc/x'")]
    public void A_whole_line_of_the_journal_that_says_no_sample_is_refused_and_a_torn_one_skipped(
        string line,
        string what
    )
    {
        Store(journal: $"{{\"Sample\":\"train/a\",\"Length\":1}}\n{line}\n");
        Refused("journal.jsonl", what, () => FeatureStore.Open(folder.Path));
        Store(journal: $"{{\"Sample\":\"train/a\",\"Length\":1}}\n{line[..^1]}{(line.Length > 1 ? "" : "[")}\n");
        Assert.Equal(["train/a"], FeatureStore.Open(folder.Path).Samples);
    }

    [Theory]
    [InlineData("Shape", "null", "Shape")]
    [InlineData("Shape", "[]", "Shape is ()")]
    [InlineData("Shape", "[0,2]", "Shape is (0,2)")]
    [InlineData("Shape", "[30,-2]", "Shape is (30,-2)")]
    [InlineData("Shape", "[2147483647,2147483647]", "less than 2 GB")]
    [InlineData("DType", "\"float\"", "DType is 'float'")]
    [InlineData("Encoder", "null", "Encoder")]
    public void A_key_of_features_that_cannot_be_is_refused(string name, string value, string what)
    {
        Store(edit: key => key[name] = JsonNode.Parse(value));
        Refused(FeatureStore.KeyFile, what, () => FeatureStore.Open(folder.Path));
    }

    [Theory]
    [InlineData(
        "{\"stage\":\"fusion\",\"epoch\":1,\"train_loss\":1,\"train_accuracy\":0.5,\"val_loss\":null,\"val_accuracy\":null,\"seconds\":1}",
        "1 of fusion once more"
    )]
    [InlineData(
        "{\"stage\":\"fusion\",\"epoch\":0,\"train_loss\":1,\"train_accuracy\":0.5,\"val_loss\":null,\"val_accuracy\":null,\"seconds\":1}",
        "epoch is 0"
    )]
    [InlineData(
        "{\"stage\":\"fusion\",\"epoch\":2,\"train_loss\":1e999,\"train_accuracy\":0.5,\"val_loss\":null,\"val_accuracy\":null,\"seconds\":1}",
        "train_loss is Infinity"
    )]
    [InlineData(
        "{\"stage\":\"fusion\",\"epoch\":2,\"train_loss\":1,\"train_accuracy\":1.5,\"val_loss\":null,\"val_accuracy\":null,\"seconds\":1}",
        "train_accuracy is 1.5"
    )]
    [InlineData(
        "{\"stage\":null,\"epoch\":2,\"train_loss\":1,\"train_accuracy\":1,\"val_loss\":null,\"val_accuracy\":null,\"seconds\":1}",
        "stage"
    )]
    [InlineData("null", "null")]
    public void A_line_of_the_log_that_no_training_wrote_is_refused(string line, string what)
    {
        EpochLog.Save(folder["log.jsonl"], [new("fusion", 1, 1, 0.5, null, null, 1)]);
        File.AppendAllText(folder["log.jsonl"], line + "\n");
        Refused("log.jsonl", what, () => EpochLog.Load(folder["log.jsonl"]));
        Refused("log.jsonl", "line 2", () => EpochLog.Load(folder["log.jsonl"]));
    }

    [Theory]
    [InlineData("adam_steps", "many", "adam_steps is many")]
    [InlineData("adam_steps", "-1", "adam_steps is -1")]
    [InlineData("adam_steps", null, "adam_steps is null")]
    [InlineData("log", "[", "not a list of epochs")]
    [InlineData("log", "null", "not a list of epochs")]
    [InlineData("log", null, "not a list of epochs")]
    [InlineData("log", "[null]", "null in it")]
    [InlineData(
        "log",
        "[{\"stage\":\"s\",\"epoch\":2,\"train_loss\":1,\"train_accuracy\":1,\"val_loss\":null,\"val_accuracy\":null,\"seconds\":0}]",
        "epoch 2 of s, expected epoch 1"
    )]
    public void Damaged_metadata_of_a_checkpoint_are_refused_with_the_file_to_delete(
        string name,
        string? value,
        string what
    )
    {
        using TorchSharp.Modules.Linear model = TorchSharp.torch.nn.Linear(2, 2);
        using var adam = new Adam(model.named_parameters(), 1e-3);
        string path = folder["last.safetensors"];
        Checkpoint.SaveLast(path, model, adam, null, [new("s", 1, 1, 1, null, null, 0)]);
        Gesto.Training.Weights.SafetensorsFile file = Gesto.Training.Weights.Safetensors.Load(path);
        var metadata = new Dictionary<string, string>(file.Metadata);
        metadata.Remove(name);
        if (value is not null)
            metadata[name] = value;
        Gesto.Training.Weights.Safetensors.Save(path, [.. file.Tensors.Values], metadata);
        Refused("last.safetensors", what, () => Checkpoint.LoadLast(path, model, adam, null));
        Refused("last.safetensors", "Delete the file", () => Checkpoint.LoadLast(path, model, adam, null));
    }

    [Theory]
    [InlineData("labels", "null")]
    [InlineData("labels", "[null]")]
    [InlineData("labels", "[]")]
    [InlineData("labels", "[{\"id\":1,\"name\":\"A\"},{\"id\":1,\"name\":\"B\"}]")]
    [InlineData("labels", "[{\"id\":1,\"name\":null}]")]
    [InlineData("streams", "null")]
    [InlineData("streams", "{}")]
    [InlineData("streams.rgb", "null")]
    [InlineData("streams.nose", "{}")]
    [InlineData("streams.rgb.key", "null")]
    [InlineData("streams.rgb.width", "-1")]
    [InlineData("streams.rgb.width", "2147483647")]
    [InlineData("streams.radar.width", "7")]
    [InlineData("antennas", "0")]
    [InlineData("threads", "-3")]
    [InlineData("threads", "2147483647")]
    [InlineData("ranks", "0")]
    [InlineData("device", "\"tpu\"")]
    [InlineData("held_out_by", "null")]
    [InlineData("train", "[\"../../secret\"]")]
    [InlineData("validation", "[null]")]
    [InlineData("fold", "[\"/etc/passwd\"]")]
    [InlineData("pseudo_labels", "{\"from\":\"x\",\"above\":2,\"class_ids\":{}}")]
    [InlineData("pseudo_labels", "{\"from\":\"x\",\"above\":0.5,\"class_ids\":{\"../a\":1}}")]
    [InlineData("pseudo_labels", "{\"from\":\"x\",\"above\":0.5,\"class_ids\":{\"test/a\":99}}")]
    public void A_fact_of_a_run_that_cannot_be_is_refused(string name, string value)
    {
        WriteRun();
        JsonObject facts = JsonNode.Parse(File.ReadAllText(folder["run.json"]))!.AsObject();
        Assert.NotEmpty(RunDirectory.Open(folder.Path).Facts.Labels); // good before
        string[] place = name.Split('.');
        place[..^1].Aggregate((JsonNode)facts, (node, part) => node[part]!)[place[^1]] = JsonNode.Parse(value);
        folder.Write("run.json", facts.ToJsonString());
        Refused("run.json", place[^1], () => RunDirectory.Open(folder.Path));
    }

    private void WriteRun()
    {
        RunFacts facts = TinyFacts.Of(
            rgbWidth: 5,
            radarWidth: 6,
            antennas: 2,
            classes: 3,
            rgbShape: [6, 5],
            radarShape: [6, 6]
        ) with
        {
            Threads = 1,
        };
        RunDirectory.StartOrResume(folder.Path, RecipeFile.Load("late-fusion"), facts, resume: false);
    }

    [Theory]
    [InlineData("model", "null")]
    [InlineData("modalities", "[null]")]
    [InlineData("name", "\"../../elsewhere\"")]
    [InlineData("name", "null")]
    [InlineData("training", "{\"learningRate\":1e300}")]
    [InlineData("training", "{\"epochs\":2147483647}")]
    [InlineData("members", "[null,null]")]
    public void A_recipe_that_cannot_be_is_refused(string name, string value)
    {
        WriteRun();
        JsonObject recipe = JsonNode.Parse(File.ReadAllText(folder["recipe.json"]))!.AsObject();
        recipe[name] = JsonNode.Parse(value);
        folder.Write("recipe.json", recipe.ToJsonString());
        Refused("recipe.json", name, () => RunDirectory.Open(folder.Path));
    }

    [Fact]
    public void A_recipe_with_a_key_given_twice_is_refused()
    {
        folder.Write("recipe.json", """{"name": "a", "training": {"epochs": 1, "epochs": 2}}""");
        Refused("recipe.json", "epochs", () => RecipeFile.Load(folder["recipe.json"]));
    }

    [Theory]
    [InlineData("{\"members\":null,\"fitted_on\":\"x\"}", "members")]
    [InlineData("{\"members\":[null],\"fitted_on\":\"x\"}", "members")]
    [InlineData("{\"members\":[{\"run\":null,\"weight\":1}],\"fitted_on\":\"x\"}", "run")]
    [InlineData("{\"members\":[{\"weight\":1}],\"fitted_on\":\"x\"}", "run")]
    [InlineData(
        "{\"members\":[{\"run\":\"../a\",\"weight\":1.5},{\"run\":\"../b\",\"weight\":-0.5}],\"fitted_on\":\"x\"}",
        "'../a' is 1.5, expected 0 to 1"
    )]
    [InlineData("{\"members\":[{\"run\":\"../a\",\"weight\":0.5}],\"fitted_on\":\"x\"}", "sum to 0.5")]
    [InlineData(
        "{\"members\":[{\"run\":\"../a\",\"weight\":1}],\"fitted_on\":\"x\",\"loss\":1e999}",
        "a loss is Infinity"
    )]
    public void An_ensemble_that_cannot_be_is_refused(string json, string what)
    {
        folder.Write(EnsembleFile.FileName, json);
        Refused(EnsembleFile.FileName, what, () => EnsembleFile.Load(folder.Path));
    }

    [Theory]
    [InlineData("temperature", "1e-300")]
    [InlineData("temperature", "1e300")]
    [InlineData("temperature_low", "-1")]
    [InlineData("coverage", "1.5")]
    [InlineData("ece_after", "-0.1")]
    [InlineData("samples", "-1")]
    [InlineData("fitted_on", "null")]
    public void A_calibration_that_no_fit_gives_is_refused(string name, string value)
    {
        folder.Write(Calibration.FileName, $$"""{"{{name}}": {{value}}}""");
        Refused(Calibration.FileName, name, () => Calibration.Load(folder.Path));
    }

    [Theory]
    [InlineData("test/b,,1,1,1.5", "probability")]
    [InlineData("test/b,,1,1,-0.1", "probability")]
    [InlineData("test/b,,1,1,NaN", "probability")]
    [InlineData("test/a,,1,1,0.5", "a key used once")]
    [InlineData("../b,,1,1,0.5", "'../b'")]
    public void A_prediction_that_no_evaluation_wrote_is_refused(string row, string what)
    {
        folder.Write("predictions-test.csv", $"sample,signer,label,predicted,probability\ntest/a,S1,1,2,0.5\n{row}\n");
        Refused("predictions-test.csv", "line 3", () => PredictionFile.Load(folder.Path, "test"));
        Refused("predictions-test.csv", what, () => PredictionFile.Load(folder.Path, "test"));
    }

    [Fact]
    public void Predictions_of_no_sample_are_refused()
    {
        folder.Write("predictions-test.csv", "sample,signer,label,predicted,probability\n");
        Refused("predictions-test.csv", "no samples", () => PredictionFile.Load(folder.Path, "test"));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(1.5f)]
    [InlineData(-0.5f)]
    public void A_saved_probability_outside_0_to_1_is_refused_with_its_place(float wrong)
    {
        NpyFile.Save(folder["predictions-fold.npy"], NpyArray.From([0.5f, 0.5f, wrong, 0], 2, 2));
        Refused(
            "predictions-fold.npy",
            string.Create(CultureInfo.InvariantCulture, $"row 2, column 1 is {wrong}"),
            () => PredictionFile.LoadProbabilities(folder.Path, "fold", samples: 2, classes: 2)
        );
    }

    [Theory]
    [InlineData("[null]", "null in it")]
    [InlineData("[{\"sample\":\"../x\",\"message\":\"m\"}]", "'../x'")]
    [InlineData("[{\"sample\":null,\"message\":\"m\"}]", "sample")]
    public void A_list_of_skipped_samples_that_cannot_be_is_refused(string json, string what)
    {
        folder.Write(FeatureSet.SkippedFile, json);
        Refused(FeatureSet.SkippedFile, what, () => FeatureSet.ReadSkipped(folder.Path));
    }

    [Fact]
    public void A_sample_s_key_stays_inside_its_folder()
    {
        Assert.All(["train/1_A/SAMPLE_1", "SAMPLE 1", "ä/…", "a..b"], key => Assert.True(SampleKey.IsInside(key)));
        Assert.All(["", "/", "/a", "a/", "a//b", "..", "a/../b", ".", "a\\b", "C:a", "a\0"], key =>
            Assert.False(SampleKey.IsInside(key))
        );
    }
}
