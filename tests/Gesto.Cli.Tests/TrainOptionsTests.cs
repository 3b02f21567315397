using Gesto.Training.Datasets;

namespace Gesto.Cli.Tests;

public class TrainOptionsTests
{
    [Theory]
    [InlineData("1GB", 1_000_000_000L)]
    [InlineData("1.5gb", 1_500_000_000L)]
    [InlineData("500MB", 500_000_000L)]
    [InlineData("1000", null)]
    [InlineData("-1GB", null)]
    [InlineData("GB", null)]
    public void Memory_is_given_in_megabytes_or_gigabytes(string text, long? bytes)
    {
        if (bytes is { } n)
            Assert.Equal(n, TrainCommand.ParseSize(text));
        else
            Assert.Contains("500MB", Assert.Throws<InvalidDataException>(() => TrainCommand.ParseSize(text)).Message);
    }

    [Fact]
    public void Options_stand_for_settings_of_the_recipe()
    {
        Assert.Equal(
            ["training.seed=4", "training.fold=2/all", "training.foldBy=signer"],
            TrainCommand.Settings(4, "2/all", FoldUnit.Signer)
        );
        Assert.Empty(TrainCommand.Settings(null));
        Assert.Contains(
            "give --fold",
            Assert
                .Throws<InvalidDataException>(() => TrainCommand.Settings(null, null, FoldUnit.Session).ToArray())
                .Message,
            StringComparison.Ordinal
        );
    }
}
