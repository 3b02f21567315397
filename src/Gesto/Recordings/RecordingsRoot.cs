namespace Gesto.Recordings;

/// <summary>The folder that holds a data set's recordings; turns absolute paths into it to relative ones.</summary>
/// <param name="folder">The folder, absolute or relative to the current one.</param>
internal sealed class RecordingsRoot(string folder)
{
    private readonly Dictionary<string, string> resolved = new(StringComparer.Ordinal);

    public string Folder { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <returns>The path relative to the folder, '/'-separated; null where it has a '..' or lies outside, as it is
    /// written and also with the links of both folders resolved.</returns>
    public string? RelativeOf(string absolute)
    {
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        if (absolute.Contains('\0') || absolute.Split(separators).Any(part => part is "." or ".."))
            return null;
        string path = Path.GetFullPath(absolute); // only doubled separators are left to remove
        return Below(Folder, path)
            ?? Below(
                Resolve(Folder),
                Path.Combine(Resolve(Path.GetDirectoryName(path) ?? path), Path.GetFileName(path))
            );
    }

    private static string? Below(string folder, string path)
    {
        string start = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        return path.Length > start.Length && path.StartsWith(start, StringComparison.Ordinal)
            ? path[start.Length..].Replace(Path.DirectorySeparatorChar, '/')
            : null;
    }

    /// <summary>As realpath(3), for a folder: .NET resolves only a path's last part.</summary>
    private string Resolve(string path)
    {
        if (resolved.TryGetValue(path, out string? known))
            return known;
        string real = Path.GetDirectoryName(path) is { } parent
            ? Path.Combine(Resolve(parent), Path.GetFileName(path))
            : path;
        if (Directory.Exists(real) && new DirectoryInfo(real).ResolveLinkTarget(returnFinalTarget: true) is { } target)
            real = Resolve(target.FullName); // its own folders may be links again
        return resolved[path] = real;
    }
}
