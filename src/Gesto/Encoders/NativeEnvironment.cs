using System.Runtime.InteropServices;

namespace Gesto.Encoders;

/// <summary>Environment variables that native libraries read when they are loaded. On Unix .NET sets variables in a
/// copy of its own, which C code does not see.</summary>
internal static class NativeEnvironment
{
    /// <summary>For this process and those that it starts; a value that is there already stays.</summary>
    public static void Set(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 })
            return;
        Environment.SetEnvironmentVariable(name, value);
        if (!OperatingSystem.IsWindows())
            _ = SetInC(name, value, overwrite: 0);
    }

    [DllImport(
        "libc",
        EntryPoint = "setenv",
        CharSet = CharSet.Ansi,
        BestFitMapping = false,
        ThrowOnUnmappableChar = true
    )]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetInC(string name, string value, int overwrite);
}
