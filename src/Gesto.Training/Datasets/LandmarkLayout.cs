using System.Globalization;
using Gesto.Landmarks;
using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>Reads folders of landmarks as a much-copied tutorial writes them,
/// `&lt;sign&gt;/&lt;take&gt;/&lt;frame&gt;.npy`: a folder of takes for each sign, a folder of frames for each
/// take.</summary>
/// <remarks>The layout has no split. The last fifth of each sign's takes, one at least, is test, and the takes before
/// it are train: takes recorded one after another look alike, so a random part would flatter. A sign with one take has
/// no test. Who signs is not known either; a manifest can say both.</remarks>
public static class LandmarkLayout
{
    /// <summary>One part of so many is test.</summary>
    internal const int TestPart = 5;

    internal const string Words = "folders of landmarks, SIGN/TAKE/FRAME.npy";

    /// <returns>How many of a sign's takes are test.</returns>
    internal static int TestOf(int takes) => takes < 2 ? 0 : Math.Max(1, takes / TestPart);

    /// <returns>All samples, by sign, then by take; signs have ids from 1 in ordinal order. Null where the folder has
    /// another layout.</returns>
    public static IReadOnlyList<Sample>? TryRead(string root)
    {
        string[] signs = [.. Folders(root).Where(sign => Folders(Path.Combine(root, sign)).Any())];
        // One take tells; a damaged one among others is for the doctor to find.
        if (
            !signs.Any(sign =>
                Folders(Path.Combine(root, sign)).Any(take => LandmarkFrames.Are(Path.Combine(root, sign, take)))
            )
        )
            return null;
        return
        [
            .. from sign in signs.Index()
            let takes = Takes(root, sign.Item)
            let test = TestOf(takes.Length)
            from take in takes.Index()
            let key = $"{sign.Item}/{take.Item}"
            select new Sample
            {
                Key = key,
                Split = take.Index < takes.Length - test ? Split.Train : Split.Test,
                ClassId = sign.Index + 1,
                ClassName = sign.Item,
                Files = PerModality<IReadOnlyList<string?>>.None.With(Modality.Landmarks, [key]),
            },
        ];
    }

    /// <summary>By number: as text, 10 comes before 2.</summary>
    private static string[] Takes(string root, string sign) =>
        [
            .. Folders(Path.Combine(root, sign))
                .OrderBy(take =>
                    int.TryParse(take, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                        ? number
                        : int.MaxValue
                ),
        ];

    private static IEnumerable<string> Folders(string path) =>
        Directory
            .EnumerateDirectories(path)
            .Select(p => Path.GetFileName(p))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal);
}
