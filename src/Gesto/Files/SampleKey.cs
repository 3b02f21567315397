namespace Gesto.Files;

/// <summary>What a sample's key, or a path in a manifest, may be: keys become file names in feature stores, so none may
/// lead out of the folder they are put under.</summary>
internal static class SampleKey
{
    /// <summary>For messages.</summary>
    public const string Expected = "a path inside the data set: relative, '/'-separated, without '..'";

    public static bool IsInside(string path) =>
        !path.Contains('\\')
        && !path.Contains('\0')
        && !path.Contains(':')
        && path.Split('/').All(part => part is not ("" or "." or ".."));
}
