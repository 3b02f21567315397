namespace Gesto.Testing;

/// <summary>Real recordings of other people, which lie beside the repository and are no part of it.</summary>
internal static class RealRecordings
{
    /// <summary>Their folder: GESTO_REAL_RECORDINGS, else ../shared/real; the test is skipped where it is not
    /// there.</summary>
    public static string Root()
    {
        string root = Environment.GetEnvironmentVariable("GESTO_REAL_RECORDINGS")
            ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "real"));
        if (!Directory.Exists(root))
            Assert.Skip($"{root} is not there; GESTO_REAL_RECORDINGS names the folder of real recordings.");
        return root;
    }
}
