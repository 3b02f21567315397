using System.Globalization;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Training.Datasets;

/// <summary>Reads the folders of the challenge, editions 2025 and 2026:
/// `train/&lt;id&gt;_&lt;NAME&gt;/SAMPLE_&lt;n&gt;/…` with labels, `val/SAMPLE_&lt;n&gt;/…` and
/// `test/SAMPLE_&lt;n&gt;/…` without.</summary>
/// <remarks>The editions differ in the files of a sample alone: 2025 has RGB video and three range-Doppler videos, 2026
/// three range-time maps `SAMPLE_n_RTM1.npy` … and no RGB. See <see cref="SampleFiles"/>.</remarks>
public static class ChallengeLayout
{
    internal const string Words = "folders train, val, test of the MultiMeDaLIS challenge";

    /// <returns>All samples: train by class id, val, test; within each by sample number.</returns>
    /// <exception cref="DirectoryNotFoundException">None of train, val, test is there.</exception>
    /// <exception cref="InvalidDataException">A class folder's name does not begin with an id.</exception>
    public static IReadOnlyList<Sample> Read(string root)
    {
        var samples = new List<Sample>();
        string train = Path.Combine(root, "train");
        if (Directory.Exists(train))
        {
            // By number: sorted as text, 100_… comes before 1_…, and labels go silently wrong.
            foreach (
                (SignClass sign, string folder) in Folders(train)
                    .Select(f => (ClassOf(root, f), f))
                    .OrderBy(p => p.Item1.Id)
            )
                samples.AddRange(SamplesIn(root, $"train/{folder}", Split.Train, sign));
        }
        foreach (Split split in (Split[])[Split.Validation, Split.Test])
        {
            string part = ManifestFile.Text(split);
            if (Directory.Exists(Path.Combine(root, part)))
                samples.AddRange(SamplesIn(root, part, split, null));
        }
        if (samples.Count == 0)
            throw new DirectoryNotFoundException(
                $"{root}: no samples. Expected {ManifestFile.FileName}, folders like train/1_AIUTARE/SAMPLE_1 and test/SAMPLE_2, landmarks like HELLO/0/0.npy, or {IslrLayout.FileName} of the Google ISLR challenge."
            );
        return samples;
    }

    /// <summary>Class of a folder name: the number before the first underscore is the id, the rest the name.</summary>
    /// <returns>Null where the name is not of that form.</returns>
    public static SignClass? TryClassOf(string folderName)
    {
        int underscore = folderName.IndexOf('_', StringComparison.Ordinal);
        return
            underscore > 0
            && underscore + 1 < folderName.Length
            && int.TryParse(
                folderName.AsSpan(0, underscore),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int id
            )
            ? new SignClass(id, folderName[(underscore + 1)..])
            : null;
    }

    private static SignClass ClassOf(string root, string folder) =>
        TryClassOf(folder)
        ?? throw new InvalidDataException(
            $"{Path.Combine(root, "train", folder)}: expected a class folder named <id>_<NAME>, e.g. 1_AIUTARE. "
                + $"Rename it, or describe the data set in {ManifestFile.FileName}."
        );

    private static IEnumerable<Sample> SamplesIn(string root, string part, Split split, SignClass? sign) =>
        from name in Folders(Path.Combine(root, part))
        let sample = WithFiles(
            root,
            new Sample
            {
                Key = $"{part}/{name}",
                Split = split,
                ClassId = sign?.Id,
                ClassName = sign?.Name,
            }
        )
        orderby sample.Number ?? int.MaxValue
        select sample;

    private static Sample WithFiles(string root, Sample sample) =>
        sample with
        {
            Files = SampleFiles
                .In(Path.Combine(root, sample.Key))
                .Select<IReadOnlyList<string?>>(
                    (_, files) => [.. files.Select(name => name is null ? null : $"{sample.Key}/{name}")]
                ),
        };

    private static IEnumerable<string> Folders(string path) =>
        Directory
            .EnumerateDirectories(path)
            .Select(p => Path.GetFileName(p))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal);
}
