using System.Text;

namespace Gesto;

/// <summary>Writes whole files: to a temporary name beside the target, flushed to disk, then renamed.
/// A reader, or the next start after a crash, sees the old file or the new one, never a part.</summary>
public static class AtomicFile
{
    /// <summary>Ending of the temporary names; a file with it is left over from a killed process and may be deleted.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <exception cref="IOException">The file cannot be written; the temporary file is removed, the old file stays.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Environment.ProcessId}{TemporaryEnding}");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes UTF-8 text without a byte-order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, s => s.Write(Encoding.UTF8.GetBytes(text)));
}
