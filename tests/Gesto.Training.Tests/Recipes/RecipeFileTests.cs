using Gesto.Training.Recipes;

namespace Gesto.Training.Tests.Recipes;

public class RecipeFileTests
{
    [Fact]
    public void An_unknown_key_names_the_nearest_valid_one_and_the_file()
    {
        var e = Assert.Throws<InvalidDataException>(() =>
            RecipeFile.Parse("""{ "training": { "learningrate": 1 } }""", "my.json")
        );
        Assert.Contains("my.json", e.Message);
        Assert.Contains("unknown key 'training.learningrate'; did you mean 'training.learningRate'?", e.Message);
        e = Assert.Throws<InvalidDataException>(() => RecipeFile.Parse("{}", "my.json", ["modle.hidden=3"]));
        Assert.Contains("'modle'; did you mean 'model'?", e.Message);
    }

    [Fact]
    public void Keys_left_out_keep_their_defaults()
    {
        Recipe recipe = RecipeFile.Parse("""{ "name": "x", "training": { "epochs": 3 } }""", "my.json");
        Assert.Equal((3, 64, 5e-4), (recipe.Training.Epochs, recipe.Training.Batch, recipe.Training.LearningRate));
        Assert.True(recipe.Model.Standardise);
    }

    [Fact]
    public void Settings_override_the_file()
    {
        Recipe recipe = RecipeFile.Parse(
            """{ "training": { "epochs": 3 } }""",
            "my.json",
            [
                "training.epochs=7",
                "radar.encoder=frozen",
                "radar.augmentation.noise=0.25",
                "modalities=[\"radar\"]",
                "name=mine",
            ]
        );
        Assert.Equal(7, recipe.Training.Epochs);
        Assert.Equal(RadarEncoderMode.Frozen, recipe.Radar.Encoder);
        Assert.Equal(0.25, recipe.Radar.Augmentation.Noise);
        Assert.Equal(["radar"], recipe.Modalities);
        Assert.Equal("mine", recipe.Name);
    }

    [Theory]
    [InlineData("radar.encoder=melted", "expected trained or frozen")]
    [InlineData("training.epochs=many", "expected a whole number")]
    [InlineData("training.epochs=0", "training.epochs is 0, expected 1 or more")]
    [InlineData("model.dropout=1", "model.dropout is 1, expected 0 or more, less than 1")]
    [InlineData("modalities=[\"sound\"]", "modalities is [sound], expected")]
    [InlineData("costlyPairs=null", "costlyPairs has a value of the wrong kind")]
    [InlineData("costlyPairs=[[\"NO\"]]", "costlyPairs is something else, expected pairs of two names")]
    [InlineData("training=3", "'training' is a group")]
    [InlineData("name.first=x", "'name' has no keys below it")]
    [InlineData("epochs", "expected key=value")]
    public void A_bad_value_says_what_was_expected(string setting, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<InvalidDataException>(() => RecipeFile.Parse("{}", "my.json", [setting])).Message
        );

    [Fact]
    public void The_saved_copy_reads_back_to_the_same_recipe()
    {
        Recipe recipe = RecipeFile.Parse("{}", "x", ["training.seed=9", "alignment=index", "radar.scaling=unit"]);
        string text = RecipeFile.Format(recipe);
        Assert.Equal(text, RecipeFile.Format(RecipeFile.Parse(text, "copy")));
        Assert.Contains("\"alignment\": \"index\"", text);
    }

    [Fact]
    public void Every_recipe_that_comes_with_Gesto_loads_under_its_own_name_and_says_why()
    {
        Assert.Empty(new[] { "late-fusion", "radar-only", "rgb-only", "source" }.Except(RecipeFile.Names()));
        foreach (string name in RecipeFile.Names())
        {
            Recipe recipe = RecipeFile.Load(name);
            Assert.Equal(name, recipe.Name);
            Assert.True(recipe.Why.Length > 40, name);
        }
    }

    [Fact]
    public void The_source_recipe_is_the_source_projects()
    {
        Recipe source = RecipeFile.Load("source");
        Assert.Equal(
            (RadarEncoderMode.Frozen, false, RadarScaling.Unit),
            (source.Radar.Encoder, source.Radar.Coordinates, source.Radar.Scaling)
        );
        Assert.Equal(
            (false, 512, 2, 0.3),
            (source.Model.Standardise, source.Model.Hidden, source.Model.Layers, source.Model.Dropout)
        );
        Assert.Equal(
            (1e-4, 64, 150, 0.0),
            (source.Training.LearningRate, source.Training.Batch, source.Training.Epochs, source.Training.GradientClip)
        );
    }

    [Fact]
    public void An_unknown_recipe_lists_those_there_are() =>
        Assert.Contains(
            "late-fusion",
            Assert.Throws<FileNotFoundException>(() => RecipeFile.Load("lte-fusion")).Message
        );

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("same", "same", 0)]
    public void Distance_is_Levenshteins(string a, string b, int expected) =>
        Assert.Equal(expected, EditDistance.Between(a, b));
}
