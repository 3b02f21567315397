using System.Security.Cryptography;

namespace Gesto.Testing;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
internal sealed class Folder : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("gesto-test-");

    public string Path => directory.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a text file, with its folders.</summary>
    public string Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <returns>Each file's path in the folder and the beginning of its hash, in order.</returns>
    public static string[] Bytes(string folder) =>
        [
            .. Directory
                .GetFiles(folder, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(f =>
                    $"{System.IO.Path.GetRelativePath(folder, f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))[..12]}"
                ),
        ];

    public void Dispose() => directory.Delete(recursive: true);
}
