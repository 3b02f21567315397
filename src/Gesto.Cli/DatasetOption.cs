using System.CommandLine;
using Gesto.Training.Datasets;

namespace Gesto.Cli;

/// <summary>`--root`, of the verbs that read a data set's recordings.</summary>
internal static class DatasetOption
{
    public const string RootName = "--root";

    public static Option<string?> Root() =>
        new(RootName)
        {
            Description =
                "Folder that the paths in manifest.csv are relative to (default: the manifest's own); absolute ones must lie in it.",
            HelpName = "DIR",
        };

    /// <summary>Opens it, and says on standard error which columns of its manifest are not read.</summary>
    public static Dataset Open(string dataset, string? root)
    {
        Dataset opened = Dataset.Open(dataset, root);
        if (opened.PassedOver.Count > 0)
            Console.Error.WriteLine(
                $"{Path.Combine(dataset, ManifestFile.FileName)}: passed over column(s) {string.Join(", ", opened.PassedOver)}."
            );
        return opened;
    }
}
