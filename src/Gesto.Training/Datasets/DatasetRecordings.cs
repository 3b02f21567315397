using System.Globalization;
using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>Samples of a data set as recordings to be recognised.</summary>
public static class DatasetRecordings
{
    private const int NearestNamed = 3,
        MatchesListed = 8;

    /// <summary>A sample of a data set.</summary>
    public static Recording Recording(Dataset dataset, Sample sample) => Gesto.Recording.Of(Of(dataset, sample));

    /// <summary>A sample of a data set, by key, by last part of the key or by number: the first of these that any
    /// sample has.</summary>
    /// <exception cref="InvalidDataException">None or several are called so; the message lists the nearest, or
    /// all.</exception>
    public static Recording Named(Dataset dataset, string asked) => Gesto.Recording.Of(Find(dataset, asked));

    internal static RecordingFiles Of(Dataset dataset, Sample sample) =>
        new(sample.Key, dataset.RecordingsRoot, sample) { DatasetFolder = dataset.Root };

    internal static RecordingFiles Find(Dataset dataset, string asked)
    {
        bool isNumber = int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        foreach (
            Func<Sample, bool> isMeant in (Func<Sample, bool>[])
                [s => s.Key == asked, s => s.Name == asked, s => isNumber && s.Number == number]
        )
        {
            Sample[] found = [.. dataset.Samples.Where(isMeant)];
            if (found.Length == 1)
                return Of(dataset, found[0]) with { Name = asked };
            if (found.Length > 1)
                throw new InvalidDataException(
                    $"{dataset.Root}: {found.Length} samples are called '{asked}': {string.Join(", ", found.Take(MatchesListed).Select(s => s.Key))}"
                        + $"{(found.Length > MatchesListed ? ", …" : "")}. Give the whole key of one."
                );
        }
        IEnumerable<string> nearest = dataset
            .Samples.OrderBy(s => Names(s).Min(n => EditDistance.Between(asked, n)))
            .Take(NearestNamed)
            .Select(s => s.Key);
        throw new InvalidDataException(
            $"{dataset.Root}: no sample '{asked}'; the nearest are {string.Join(", ", nearest)}. A sample goes by its key, the key's last part or the number at its end."
        );

        static IEnumerable<string> Names(Sample s) =>
            s.Number is { } n ? [s.Key, s.Name, n.ToString(CultureInfo.InvariantCulture)] : [s.Key, s.Name];
    }
}
