using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;

namespace Gesto.Training.Checking;

/// <summary>Finds contradictions in what a data set says of its samples, without opening a file.</summary>
internal static class LabelExam
{
    public static IEnumerable<Problem> IdsAndNames(IReadOnlyList<Sample> samples)
    {
        foreach (Sample sample in samples)
        {
            if (sample.Split == Split.Train && sample.ClassId is null)
                yield return new Problem(sample.Key, "", ProblemKind.IdName, "a train sample without a label.");
            string[] parts = sample.Key.Split('/');
            SignClass? folder = parts.Length > 2 ? ChallengeLayout.TryClassOf(parts[^2]) : null;
            if (
                folder is not null
                && sample.ClassId is { } id
                && (folder.Id != id || (sample.ClassName ?? folder.Name) != folder.Name)
            )
                yield return new Problem(
                    sample.Key,
                    "",
                    ProblemKind.IdName,
                    $"labelled {id} '{sample.ClassName}', but its folder says {folder.Id} '{folder.Name}'."
                );
        }
        var named = samples
            .Where(s => s is { ClassId: not null, ClassName: not null })
            .Select(s => (Id: s.ClassId!.Value, Name: s.ClassName!))
            .Distinct()
            .ToList();
        foreach (var id in named.GroupBy(c => c.Id).Where(g => g.Count() > 1).OrderBy(g => g.Key))
            yield return new Problem(
                "",
                "",
                ProblemKind.IdName,
                $"class id {id.Key} has {id.Count()} names: {string.Join(", ", id.Select(c => c.Name).Order())}."
            );
        foreach (
            var name in named.GroupBy(c => c.Name).Where(g => g.Count() > 1).OrderBy(g => g.Key, StringComparer.Ordinal)
        )
            yield return new Problem(
                "",
                "",
                ProblemKind.IdName,
                $"class '{name.Key}' has {name.Count()} ids: {string.Join(", ", name.Select(c => c.Id).Order())}."
            );
    }

    public static IEnumerable<Problem> FewSamples(IReadOnlyList<Sample> samples, int fewest) =>
        from s in samples
        where s is { Split: Split.Train, ClassId: not null }
        group s by s.ClassId into sign
        where sign.Count() < fewest
        orderby sign.Key
        select new Problem(
            "",
            "",
            ProblemKind.FewSamples,
            $"class {sign.Key} '{sign.First().ClassName}' has {sign.Count()} train sample(s), expected at least {fewest}."
        );

    public static IEnumerable<Problem> Leaks(IReadOnlyList<Sample> samples) =>
        LeaksOf(samples, "signer", s => s.Signer).Concat(LeaksOf(samples, "session", s => s.Session));

    private static IEnumerable<Problem> LeaksOf(
        IReadOnlyList<Sample> samples,
        string what,
        Func<Sample, string?> groupOf
    ) =>
        from s in samples
        let name = groupOf(s)
        where name is not null
        group s by name into members
        let splits = members.Select(s => s.Split).Distinct().Order().ToArray()
        where splits.Length > 1
        orderby members.Key
        select new Problem(
            "",
            ManifestFile.FileName,
            ProblemKind.SignerLeak,
            $"{what} '{members.Key}' is in {string.Join(" and ", splits.Select(ManifestFile.Text))}: accuracy there will not hold for new people."
        );
}
