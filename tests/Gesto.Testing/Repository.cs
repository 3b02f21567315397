namespace Gesto.Testing;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Gesto.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder
            ?? throw new DirectoryNotFoundException($"{AppContext.BaseDirectory}: no Gesto.slnx in a folder above it.");
    }
}
