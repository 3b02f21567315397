namespace Gesto.Cli.Tests;

public sealed class CheckProgramTests
{
    [Fact]
    public void A_note_is_no_problem()
    {
        using var folder = new Folder();
        Reference.SlowingVideo(folder["data/test/SAMPLE_1/SAMPLE_1_RGB.mkv"], "ffv1");
        ProgramResult result = GestoProgram.Run(folder.Path, "check", "data");
        Assert.Empty(result.Done());
        Assert.Contains("note: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("0.040 to 1.000 s apart", result.Error, StringComparison.Ordinal);
        Assert.Contains("no problem found", result.Error, StringComparison.Ordinal);
    }
}
