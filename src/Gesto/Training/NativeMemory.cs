using System.Runtime.InteropServices;

namespace Gesto.Training;

/// <summary>Tells glibc to keep freed memory instead of giving it back. A training step frees and takes back hundreds of
/// megabytes, and by default each time costs fresh pages from the kernel: up to half of the step. It holds for the process's
/// first thread only: the arenas of other threads, made of 64 MB pieces, map what is larger anew each time, and training there
/// takes three times as long. Source: mallopt(3).</summary>
internal static class NativeMemory
{
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    /// <summary>Call before libtorch allocates. Does nothing but on Linux with glibc.</summary>
    public static void KeepFreedPages()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = SetOption(MmapMax, 0);
            _ = SetOption(TrimThreshold, -1);
            _ = SetOption(TopPad, 256 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt; training is slower, not wrong.
        }
        catch (DllNotFoundException)
        {
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int parameter, int value);
}
