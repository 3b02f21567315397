using System.Runtime.InteropServices;

namespace Gesto.Training.Fitting;

/// <summary>Gives memory that libtorch has freed back to the system.</summary>
/// <remarks>Not kept instead (mallopt's M_MMAP_MAX 0 and the like): batches differ in size, and what one step frees
/// does not fit the next, so that 72 recordings took 5.5 GB; huge pages, which the launcher asks for, make fresh memory
/// as fast.</remarks>
internal static class NativeMemory
{
    /// <summary>Gives free pages back to the system, those inside the heap too. Batches differ in size, so what one
    /// step frees does not fit the next, and over a long epoch the heap grows by its holes. Source:
    /// malloc_trim(3).</summary>
    public static void GiveBack() => OnGlibc(() => _ = Trim(0));

    private static void OnGlibc(Action call)
    {
        if (!OperatingSystem.IsLinux())
            return;
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
}
