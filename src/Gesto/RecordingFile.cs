using System.Runtime.InteropServices;
using System.Text;

namespace Gesto;

/// <summary>Opens the files of recordings. They come from anywhere: opening a named pipe would wait for ever, reading a device would
/// never end, and a link's own length says nothing about what it points to.</summary>
internal static class RecordingFile
{
    // Linux's statx: the layout is the same on every processor. Source: statx(2).
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint TypeAndSize = 0x0001 | 0x0200; // STATX_TYPE | STATX_SIZE
    private const int ModeAt = 28, SizeAt = 40, StatxBytes = 256;
    private const int TypeMask = 0xF000, Regular = 0x8000;

    /// <param name="path">A regular file, or a link to one.</param>
    /// <param name="bufferSize">Of the stream, bytes.</param>
    /// <exception cref="InvalidDataException">Not a regular file; it was not opened.</exception>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <remarks>Other systems than Linux have pipes and devices that only opening tells apart: there they are opened.</remarks>
    public static FileStream Open(string path, int bufferSize = 4096)
    {
        if (Look(path) is { IsRegular: false } other)
            throw new InvalidDataException(
                $"{path}: not a regular file but {other.Kind}, which is not opened. Put the recording itself there, or leave the sample out.");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);
    }

    /// <returns>Bytes of a regular file, of the one that a link points to; null where there is none.</returns>
    public static long? LengthOf(string path)
    {
        if (OperatingSystem.IsLinux()) return Look(path) is { IsRegular: true } file ? file.Length : null;
        if (!File.Exists(path)) return null;
        return (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;
    }

    /// <returns>Null where there is nothing, or the system does not tell.</returns>
    private static Entry? Look(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var found = new byte[StatxBytes];
        if (Statx(CurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), 0, TypeAndSize, found) != 0) return null;
        return new Entry(BitConverter.ToUInt16(found, ModeAt) & TypeMask, BitConverter.ToInt64(found, SizeAt));
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] found);

    private readonly record struct Entry(int Type, long Length)
    {
        public bool IsRegular => Type == Regular;

        public string Kind => Type switch
        {
            0x1000 => "a named pipe (FIFO)",
            0x2000 or 0x6000 => "a device",
            0x4000 => "a folder",
            0xC000 => "a socket",
            _ => "something else",
        };
    }
}
