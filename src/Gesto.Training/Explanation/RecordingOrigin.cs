using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Explanation;

/// <summary>What the data set around a recording says of it.</summary>
/// <param name="Truth">Class id; null where the recording is in no data set, or the data set does not tell.</param>
/// <param name="Simulated">True where the data set says that it comes from a simulator.</param>
internal sealed record RecordingOrigin(int? Truth, bool Simulated)
{
    private const int Levels = 4; // ROOT/train/1_AIUTARE/SAMPLE_12/SAMPLE_12_RGB.mkv

    /// <summary>The data set it was taken from, else the nearest above its first file that has this file.</summary>
    public static RecordingOrigin Of(RecordingFiles recording)
    {
        if (recording.DatasetFolder is { } known)
            return In(Dataset.Open(known, recording.Root == known ? null : recording.Root), recording.Sample);
        HashSet<string> files = [.. recording.Files];
        DirectoryInfo? root = files.Count == 0 ? null : new FileInfo(files.First()).Directory;
        for (int level = 0; level < Levels && root is not null; level++, root = root.Parent)
        {
            bool simulated = IsSimulated(root.FullName);
            if (
                !simulated
                && !File.Exists(Path.Combine(root.FullName, ManifestFile.FileName))
                && !File.Exists(Path.Combine(root.FullName, LabelKeyFile.FileName))
                && !File.Exists(Path.Combine(root.FullName, IslrLayout.FileName))
            )
                continue;
            try
            {
                Dataset dataset = Dataset.Open(root.FullName);
                if (
                    dataset.Samples.FirstOrDefault(s => DatasetRecordings.Of(dataset, s).Files.Any(files.Contains)) is
                    { } sample
                )
                    return In(dataset, sample);
            }
            catch (Exception e) when (e is InvalidDataException or DirectoryNotFoundException)
            {
                // A file that happens to be called so, above a recording of its own.
            }
            if (simulated)
                return new(null, true);
        }
        return new(null, false);
    }

    private static RecordingOrigin In(Dataset dataset, Sample sample) =>
        new(
            sample.ClassId ?? (dataset.LabelKey?.TryGetValue(sample.Key, out int id) == true ? id : null),
            IsSimulated(dataset.Root)
        );

    private static bool IsSimulated(string folder) => File.Exists(Path.Combine(folder, Dataset.SimulatedFile));
}
