namespace Gesto.Cli;

/// <summary>Says so where another `gesto` has taken all cores already: two that do are each slower than half, because
/// threads that wait for their neighbours spin on the cores that those need.</summary>
internal static class CoreClaim
{
    internal const string Note =
        "Another gesto works on this machine with all cores. Side by side each will be slower than half: wait for it, or give each its share "
        + "with --threads (a trained run is the same to the bit only for equal counts).";

    private static FileStream? claim;

    /// <summary>For the life of this process.</summary>
    /// <param name="shared">The user said how many threads to take, or the ranks of a job share the cores: nothing is
    /// claimed.</param>
    public static void Take(bool shared)
    {
        if (shared || claim is not null)
            return;
        claim = TryTake(Path.Combine(Path.GetTempPath(), $"gesto-{Environment.UserName}.cores"));
        if (claim is null)
            Console.Error.WriteLine(Note);
    }

    /// <returns>Null where another process holds it.</returns>
    internal static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
