using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Training.Datasets;

/// <summary>The recordings of a data set: what samples there are, not what is in their files.</summary>
public sealed class Dataset
{
    /// <summary>Says that the recordings are simulated; extraction copies it beside the features.</summary>
    public const string SimulatedFile = "SIMULATED.md";

    private LabelSet? labels;

    private Dataset(
        string root,
        string recordings,
        string layout,
        IReadOnlyList<Sample> samples,
        IReadOnlyDictionary<string, int>? key
    ) => (Root, RecordingsRoot, Layout, Samples, LabelKey) = (root, recordings, layout, samples, key);

    /// <summary>The folder of manifest and key.</summary>
    public string Root { get; }

    /// <summary>The folder that the samples' paths are relative to: <see cref="Root"/>, unless another was
    /// named.</summary>
    public string RecordingsRoot { get; }

    /// <summary>Columns of the manifest that Gesto does not know and has passed over.</summary>
    public IReadOnlyList<string> PassedOver { get; private init; } = [];

    /// <summary>What says which samples there are, for people: "manifest.csv", or the layout that was found.</summary>
    public string Layout { get; }

    /// <summary>All samples, in a fixed order: the manifest's, else that of the layout found (<see
    /// cref="IslrLayout"/>, <see cref="LandmarkLayout"/>, <see cref="ChallengeLayout"/>).</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>Class ids of val and test samples from `key.csv`; null where there is none. Never shown to
    /// training.</summary>
    public IReadOnlyDictionary<string, int>? LabelKey { get; }

    /// <summary>The classes named in train.</summary>
    /// <exception cref="InvalidDataException">Train has no labels, or an id has two names.</exception>
    public LabelSet Labels => labels ??= ClassesOf(Samples, Root);

    /// <param name="root">The data set's folder.</param>
    /// <param name="recordingsRoot">Folder that the manifest's paths are relative to, where the recordings are
    /// elsewhere.</param>
    /// <exception cref="DirectoryNotFoundException">No such folder, or no samples in it.</exception>
    /// <exception cref="InvalidDataException">Manifest, key or folder names cannot be understood; or a recordings root
    /// where there is no manifest.</exception>
    public static Dataset Open(string root, string? recordingsRoot = null)
    {
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException(
                $"{root}: no such folder. A data set is a folder of recordings; a simulated one can be made."
            ).Suggest(NextStep.Simulate);
        string manifest = Path.Combine(root, ManifestFile.FileName);
        bool hasManifest = File.Exists(manifest);
        if (recordingsRoot is not null)
        {
            if (!Directory.Exists(recordingsRoot))
                throw new DirectoryNotFoundException($"{recordingsRoot}: no such folder of recordings.");
            if (!hasManifest)
                throw new InvalidDataException(
                    $"{manifest}: not here, and a root of recordings is what a manifest's paths are relative to. Leave the root out."
                );
        }
        var passedOver = new List<string>();
        (string layout, IReadOnlyList<Sample> samples) =
            hasManifest ? (ManifestFile.FileName, ManifestFile.Read(manifest, recordingsRoot, passedOver))
            : IslrLayout.TryRead(root) is { } islr ? (IslrLayout.Words, islr)
            : LandmarkLayout.TryRead(root) is { } takes ? (LandmarkLayout.Words, takes)
            : (ChallengeLayout.Words, ChallengeLayout.Read(root));
        samples =
        [
            .. samples.Select(s =>
                s with
                {
                    Radar = [.. s.Radar.Select(f => f is null ? null : SampleFiles.FileIn(recordingsRoot ?? root, f))],
                }
            ),
        ];
        return new Dataset(root, recordingsRoot ?? root, layout, samples, ReadKey(root, samples))
        {
            PassedOver = passedOver,
        };
    }

    /// <summary>What the samples say of the axes of radar arrays; null where they say nothing.</summary>
    /// <exception cref="InvalidDataException">They say two things: features of all are made alike.</exception>
    public RadarAxes? RadarAxes =>
        Samples.Select(s => s.RadarAxes).OfType<string>().Distinct().ToArray() switch
        {
            [] => null,
            [var one] => RadarAxes.Parse(one),
            var several => throw new InvalidDataException(
                $"{Root}: radar_axes are {string.Join(" and ", several)}; all samples of a data set have one. Bring the arrays into one order."
            ),
        };

    /// <returns>The same data set with other samples.</returns>
    internal Dataset With(IReadOnlyList<Sample> samples) =>
        new(Root, RecordingsRoot, Layout, samples, LabelKey) { PassedOver = PassedOver };

    /// <returns>The path on disk of a file named in a <see cref="Sample"/>.</returns>
    public string PathOf(string relative) =>
        Path.Combine(RecordingsRoot, relative.Replace('/', Path.DirectorySeparatorChar));

    internal static IReadOnlyDictionary<string, int>? ReadKey(string root, IReadOnlyList<Sample> samples)
    {
        string path = Path.Combine(root, LabelKeyFile.FileName);
        if (!File.Exists(path))
            return null;
        IReadOnlyDictionary<string, int> key = LabelKeyFile.Read(path);
        HashSet<string> known = [.. samples.Select(s => s.Key)];
        return key.Keys.FirstOrDefault(k => !known.Contains(k)) is { } stranger
            ? throw new InvalidDataException($"{path}: found sample '{stranger}', which the data set does not have.")
            : key;
    }

    internal static LabelSet ClassesOf(IEnumerable<Sample> samples, string root)
    {
        SignClass[] classes =
        [
            .. samples
                .Where(s => s is { Split: Split.Train, ClassId: not null })
                .Select(s => new SignClass(s.ClassId!.Value, s.ClassName ?? $"{s.ClassId}"))
                .Distinct(),
        ];
        if (classes.Length == 0)
            throw new InvalidDataException($"{root}: no labelled sample in train, so there are no classes to learn.");
        return new LabelSet(classes);
    }
}
