namespace Gesto.Files;

/// <summary>Opens the files of recordings. They come from anywhere: opening a named pipe would wait for ever, reading a
/// device would never end, and a link's own length says nothing about what it points to.</summary>
internal static class RecordingFile
{
    /// <param name="path">A regular file, or a link to one.</param>
    /// <param name="bufferSize">Of the stream, bytes.</param>
    /// <exception cref="InvalidDataException">Not a regular file; it was not opened.</exception>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <remarks>Other systems than Linux have pipes and devices that only opening tells apart: there they are
    /// opened.</remarks>
    public static FileStream Open(string path, int bufferSize = 4096)
    {
        if (FileKind.Of(path) is { } other)
            throw new InvalidDataException(
                $"{path}: not a regular file but a {other}, which is not opened. Put the recording itself there, or leave the sample out."
            );
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);
    }

    /// <returns>Bytes of a regular file, of the one that a link points to; null where there is none.</returns>
    public static long? LengthOf(string path)
    {
        if (!File.Exists(path) || FileKind.Of(path) is not null)
            return null;
        return (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;
    }
}
