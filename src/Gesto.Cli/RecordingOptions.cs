using System.CommandLine;
using Gesto.Training.Datasets;

namespace Gesto.Cli;

/// <summary>How `predict` and `explain` are told what to look at: paths, files named one by one, or samples of a data
/// set.</summary>
internal sealed class RecordingOptions
{
    private const int MostAntennas = 3;

    private readonly Argument<string[]> paths = new("RECORDING")
    {
        Description =
            "A video, a radar array (.npy), or a folder with the files of one recording, whatever they are called if it is clear what is what.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> rgb = new("--rgb")
    {
        Description = "RGB video of one recording.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> radar = new("--radar")
    {
        Description =
            $"Radar files of one recording, antennas in their order ('{Recording.NoFile}' where one is missing), or one array of all.",
        HelpName = "FILE…",
        Arity = new ArgumentArity(1, MostAntennas),
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> dataset = new("--dataset")
    {
        Description = "Data set of the samples named with --sample.",
        HelpName = "DATASET",
    };

    private readonly Option<string[]> samples = new("--sample")
    {
        Description = "Samples of --dataset, by number, key or the key's last part.",
        HelpName = "SAMPLE…",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> root = DatasetOption.Root();

    public void AddTo(Command command)
    {
        command.Arguments.Add(paths);
        foreach (Option option in new Option[] { rgb, radar, dataset, samples, root })
            command.Options.Add(option);
    }

    /// <returns>All that was named, in this order: paths, the files of --rgb and --radar, samples.</returns>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="InvalidDataException">Nothing is named, or something is not clear.</exception>
    public IReadOnlyList<Recording> Find(ParseResult parsed)
    {
        string? from = parsed.GetValue(dataset);
        string[] asked = parsed.GetValue(samples)!;
        if (from is null != (asked.Length == 0))
            throw new InvalidDataException(
                from is null
                    ? "--sample names samples of a data set: name that too, with --dataset."
                    : "--dataset: name its samples with --sample, e.g. --sample 7 8; 'gesto evaluate' and 'gesto submit' take all."
            );
        if (from is null && parsed.GetValue(root) is not null)
            throw new InvalidDataException($"{DatasetOption.RootName} goes with --dataset.");
        var found = parsed.GetValue(paths)!.Select(Recording.FromPath).ToList();
        if (parsed.GetValue(rgb) is not null || parsed.GetValue(radar)!.Length > 0)
            found.Add(Recording.FromFiles(parsed.GetValue(rgb), parsed.GetValue(radar)!));
        if (from is not null)
        {
            Dataset opened = DatasetOption.Open(from, parsed.GetValue(root));
            found.AddRange(asked.Select(sample => DatasetRecordings.Named(opened, sample)));
        }
        return found.Count > 0
            ? found
            : throw new InvalidDataException(
                "No recording is named: give a video, a radar array or a folder, files with --rgb and --radar, or samples with --dataset and --sample."
            );
    }
}
