using System.Text;

namespace Gesto.Files;

/// <summary>Writes whole files: to a temporary name beside the target, flushed to disk, then renamed.
/// A reader, or the next start after a crash, sees the old file or the new one, never a part.</summary>
/// <remarks>A symbolic link stays one: the file it leads to is replaced. What is there and no regular file (a folder, a
/// device, a pipe) is refused. `-` and `/dev/stdout` mean standard output, which gets the whole content at once, or
/// nothing.</remarks>
internal static class AtomicFile
{
    /// <summary>Ending of the temporary names; see <see cref="TemporaryName"/>.</summary>
    public const string TemporaryEnding = ".tmp";

    /// <exception cref="IOException">The file cannot be written, or something else is there; the temporary file is
    /// removed, the old file stays.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        if (IsStandardOutput(path))
        {
            WriteToStandardOutput(write);
            return;
        }
        RequireFile(path);
        // Links are followed by hand, since a rename would put the file in the place of the link.
        string target = Path.GetFullPath(path);
        if (new FileInfo(target).LinkTarget is not null)
            target = File.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName;
        string folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, TemporaryName.For(Path.GetFileName(target)));
        try
        {
            using (
                var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16)
            )
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes UTF-8 text without a byte-order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, s => s.Write(Encoding.UTF8.GetBytes(text)));

    /// <returns>True where <see cref="Write"/> sends the content to standard output: nothing else should be printed
    /// there then.</returns>
    public static bool IsStandardOutput(string path) => path is "-" or "/dev/stdout";

    /// <summary>For long work that ends with a file: better refused before.</summary>
    /// <exception cref="IOException">Something is there that <see cref="Write"/> refuses to replace.</exception>
    public static void RequireFile(string path)
    {
        if (!IsStandardOutput(path) && FileKind.Of(path) is { } other)
            throw new IOException(
                $"{path}: this is a {other}, not a file that can be replaced. Give the path of a file, or '-' for standard output."
            );
    }

    private static void WriteToStandardOutput(Action<Stream> write)
    {
        using var whole = new MemoryStream();
        write(whole);
        using Stream output = Console.OpenStandardOutput();
        output.Write(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        output.Flush();
    }
}
