using System.Runtime.InteropServices;

namespace Gesto.Files;

/// <summary>What stands at a path besides a regular file: .NET tells folders and links apart, and takes a device or a
/// named pipe for a file, which it may replace, or wait for without end.</summary>
internal static class FileKind
{
    private const int AtWorkingFolder = -100; // AT_FDCWD
    private const uint Type = 1; // STATX_TYPE

    /// <returns>"folder", "device", "pipe" or "socket", links followed; null for a regular file and where nothing is,
    /// and for all but folders where the system is not Linux.</returns>
    public static string? Of(string path)
    {
        if (Directory.Exists(path))
            return "folder";
        if (!OperatingSystem.IsLinux() || path.Contains('\0'))
            return null;
        try
        {
            return Status(AtWorkingFolder, path, 0, Type, out FileStatus status) != 0
                ? null
                : (status.Mode & 0xF000) switch
                {
                    0x1000 => "pipe",
                    0x2000 or 0x6000 => "device",
                    0xC000 => "socket",
                    _ => null,
                };
        }
        catch (EntryPointNotFoundException)
        {
            return null; // a C library from before 2018
        }
    }

    /// <summary>The kernel's own layout, the same on every processor. Source: statx(2).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(28)]
        public ushort Mode;
    }

    [DllImport(
        "libc",
        EntryPoint = "statx",
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true
    )]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Status(int folder, string path, int flags, uint mask, out FileStatus status);
}
