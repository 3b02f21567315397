using Gesto.Files;
using Gesto.Training.Datasets;

namespace Gesto.Training.Simulation;

/// <summary>The files that a simulation of given options writes, by which it is known what may be removed to make room
/// for another.</summary>
internal static class OwnFiles
{
    /// <returns>True where all of a sample's files are there.</returns>
    public static bool AreThere(string root, PlannedSample sample) =>
        sample.Files.All(file => File.Exists(PathOf(root, file)));

    /// <summary>Removes a simulation, and nothing that somebody else has put beside or among its files. Stopped on the
    /// way, it can be called again: the file that tells the options goes last.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="options">Those it was made with.</param>
    /// <param name="optionsFile">Name of the file that says so.</param>
    public static void Remove(string root, SimulationOptions options, string optionsFile)
    {
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        foreach (PlannedSample sample in SimulationPlan.Make(options))
        {
            if (Directory.Exists(UnfinishedFolder(root, sample)))
                Directory.Delete(UnfinishedFolder(root, sample), recursive: true);
            foreach (string file in sample.Files)
                if (File.Exists(PathOf(root, file)))
                    File.Delete(PathOf(root, file));
            foreach (string file in sample.Files)
                for (string at = FolderOf(file); at.Length > 0; at = FolderOf(at))
                    folders.Add(at);
        }
        foreach (string folder in folders.Reverse().Select(f => PathOf(root, f))) // what is inside comes after
            if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
        foreach (
            string file in new[] { ManifestFile.FileName, LabelKeyFile.FileName, Dataset.SimulatedFile, optionsFile }
        )
            File.Delete(PathOf(root, file));
    }

    private static string FolderOf(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    /// <returns>Where a sample is while it is made.</returns>
    public static string UnfinishedFolder(string root, PlannedSample sample)
    {
        string folder = PathOf(root, sample.Key);
        return Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}{AtomicFile.TemporaryEnding}");
    }

    public static string PathOf(string root, string relative) =>
        Path.Combine(root, relative.Replace('/', Path.DirectorySeparatorChar));
}
