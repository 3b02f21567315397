namespace Gesto.Files;

/// <summary>Names of files and folders that are not finished. They are random, because several machines, or containers
/// with equal process ids, may share the folder; so nobody can tell by the name whether somebody still writes there,
/// and leftovers of killed processes are known by their age.</summary>
internal static class TemporaryName
{
    /// <summary>Longer than any of our writers is silent, a suspended machine's for a night included.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromDays(1);

    /// <returns>A hidden name that no other process has.</returns>
    public static string For(string name) => $".{name}.{Path.GetRandomFileName()}{AtomicFile.TemporaryEnding}";

    /// <summary>Deletes temporary files and folders that nobody has written to for <see cref="StaleAfter"/>. What
    /// cannot be deleted stays.</summary>
    /// <param name="folder">Looked into, not below; may be absent.</param>
    /// <param name="clock">What time it is.</param>
    public static void DeleteStale(string folder, TimeProvider clock)
    {
        if (!Directory.Exists(folder))
            return;
        DateTime limit = clock.GetUtcNow().UtcDateTime - StaleAfter;
        foreach (
            FileSystemInfo left in new DirectoryInfo(folder).EnumerateFileSystemInfos("*" + AtomicFile.TemporaryEnding)
        )
        {
            try
            {
                if (LastWrite(left) >= limit)
                    continue;
                if (left is DirectoryInfo whole)
                    whole.Delete(recursive: true);
                else
                    left.Delete();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's, or gone meanwhile.
            }
        }
    }

    private static DateTime LastWrite(FileSystemInfo entry) =>
        entry is DirectoryInfo folder
            ? folder.EnumerateFiles().Select(f => f.LastWriteTimeUtc).Append(folder.LastWriteTimeUtc).Max()
            : entry.LastWriteTimeUtc;
}
