using Gesto.Data;
using Gesto.Features;

namespace Gesto.Explanation;

/// <summary>What the data set around a recording's folder says of it.</summary>
/// <param name="Truth">Class id; null where the folder is in no data set, or the data set does not tell.</param>
/// <param name="Simulated">True where the data set says that it comes from a simulator.</param>
public sealed record RecordingOrigin(int? Truth, bool Simulated)
{
    private const int Levels = 3; // ROOT/train/1_AIUTARE/SAMPLE_12

    /// <exception cref="InvalidDataException">The manifest or key above the folder cannot be understood.</exception>
    public static RecordingOrigin Of(string sampleFolder)
    {
        var folder = new DirectoryInfo(Path.TrimEndingDirectorySeparator(Path.GetFullPath(sampleFolder)));
        string key = folder.Name;
        DirectoryInfo? root = folder.Parent;
        for (int level = 0; level < Levels && root is not null; level++, key = $"{root.Name}/{key}", root = root.Parent)
        {
            bool simulated = File.Exists(Path.Combine(root.FullName, FeatureSet.SimulatedFile));
            if (!simulated && !File.Exists(Path.Combine(root.FullName, ManifestFile.FileName)) && !File.Exists(Path.Combine(root.FullName, LabelKeyFile.FileName)))
                continue;
            Dataset dataset = Dataset.Open(root.FullName);
            int? truth = dataset.Samples.FirstOrDefault(s => s.Key == key)?.ClassId;
            if (truth is null && dataset.LabelKey?.TryGetValue(key, out int id) == true) truth = id;
            return new(truth, simulated);
        }
        return new(null, false);
    }
}
