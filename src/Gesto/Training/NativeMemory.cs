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
    public static void KeepFreedPages() => OnGlibc(() =>
    {
        _ = SetOption(MmapMax, 0);
        _ = SetOption(TrimThreshold, -1);
        _ = SetOption(TopPad, 256 << 20);
    });

    /// <summary>Gives free pages back to the system, those inside the heap too. Batches differ in size, so what one step frees does not
    /// fit the next, and over a long epoch the heap grows by its holes. Source: malloc_trim(3).</summary>
    public static void GiveBack() => OnGlibc(() => _ = Trim(0));

    private static void OnGlibc(Action call)
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            call();
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // musl has neither; training is slower or larger, not wrong.
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Trim(nuint pad);

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int parameter, int value);
}
