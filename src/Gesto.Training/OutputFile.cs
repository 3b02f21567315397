using Gesto.Files;

namespace Gesto.Training;

/// <summary>A file that a program leaves behind: whole or not at all.</summary>
/// <remarks>Thread-safe, one writer a path.</remarks>
public static class OutputFile
{
    /// <summary>Writes UTF-8 text without a byte-order mark, and the folders above it.</summary>
    /// <param name="path">The file; "-" or "/dev/stdout" for standard output.</param>
    /// <param name="text">All of it.</param>
    /// <exception cref="IOException">It cannot be written, or something else is there; an old file stays.</exception>
    public static void WriteText(string path, string text) => AtomicFile.WriteText(path, text);

    /// <summary>For long work that ends with a file: better refused before.</summary>
    /// <exception cref="IOException">Something is there that cannot be replaced by a file.</exception>
    public static void Require(string path) => AtomicFile.RequireFile(path);

    /// <returns>True where the content goes to standard output: nothing else should be printed there then.</returns>
    public static bool IsStandardOutput(string path) => AtomicFile.IsStandardOutput(path);
}
