namespace Gesto.Files;

/// <summary>Keeps a second process out of a folder while a first one works there. The system takes the lock back when
/// the process ends, however it ends.</summary>
internal static class FolderLock
{
    /// <param name="folder">Made where absent.</param>
    /// <param name="file">The lock's name in it, beginning with a dot; gone when the lock is let go.</param>
    /// <param name="work">What the other is doing, for the message: "another training is writing here".</param>
    /// <returns>Dispose to let others in.</returns>
    /// <exception cref="IOException">Another process, or another call in this one, holds it.</exception>
    public static FileStream Take(string folder, string file, string work)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, file);
        try
        {
            return new FileStream(
                path,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                1,
                FileOptions.DeleteOnClose
            );
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new IOException($"{folder}: {work}. Wait for it, or choose another folder.", e);
        }
    }
}
