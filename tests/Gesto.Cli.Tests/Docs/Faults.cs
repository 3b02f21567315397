namespace Gesto.Cli.Tests.Docs;

/// <summary>What is wrong with the pages, all of it at once: xunit's own message shows a few, cut short.</summary>
internal static class Faults
{
    public static void None(IEnumerable<string> faults)
    {
        string[] found = [.. faults];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}
