namespace Gesto.Cli.Tests;

public sealed class CoreClaimTests
{
    [Fact]
    public void One_process_at_a_time_holds_the_cores()
    {
        using var folder = new Folder();
        using (FileStream? first = CoreClaim.TryTake(folder["cores"]))
        {
            Assert.NotNull(first);
            Assert.Null(CoreClaim.TryTake(folder["cores"]));
        }
        using FileStream? again = CoreClaim.TryTake(folder["cores"]);
        Assert.NotNull(again);
    }
}
