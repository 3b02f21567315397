using Gesto.Training.Recipes;

namespace Gesto.Training.Tests.Recipes;

public class RecipeGridTests
{
    [Fact]
    public void Every_combination_comes_once_and_the_last_key_varies_fastest()
    {
        string[] settings = ["model.hidden=8,16", "training.epochs=4", "modalities=[\"rgb\"],[\"rgb\",\"radar\"]"];
        Assert.Equal(
            [
                "model.hidden=8 training.epochs=4 modalities=[\"rgb\"]",
                "model.hidden=8 training.epochs=4 modalities=[\"rgb\",\"radar\"]",
                "model.hidden=16 training.epochs=4 modalities=[\"rgb\"]",
                "model.hidden=16 training.epochs=4 modalities=[\"rgb\",\"radar\"]",
            ],
            RecipeGrid.Cells(settings).Select(c => string.Join(' ', c))
        );
        Assert.Equal(["model.hidden", "modalities"], RecipeGrid.Varied(settings));
    }

    [Theory]
    [InlineData("model.hidden=8,,16")]
    [InlineData("model.hidden=")]
    [InlineData("model.hidden")]
    [InlineData("=8")]
    public void What_is_no_setting_is_named(string setting) =>
        Assert.Contains(
            $"setting {setting}:",
            Assert.Throws<InvalidDataException>(() => RecipeGrid.Cells([setting])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_key_set_twice_is_an_error() =>
        Assert.Contains(
            "'model.hidden' is set twice",
            Assert.Throws<InvalidDataException>(() => RecipeGrid.Cells(["model.hidden=8", "model.hidden=16"])).Message,
            StringComparison.Ordinal
        );
}
