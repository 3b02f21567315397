using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Gesto.Data;

namespace Gesto.Tests;

/// <summary>Holds the library to ARCHITECTURE.md's table, by the references in the compiled assembly.</summary>
public class ArchitectureTests
{
    // What each stage may know besides itself and the root namespace.
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Data"] = ["Video", "Radar"], // the dataset doctor opens the files it checks
        ["Video"] = [],
        ["Radar"] = ["Video"], // maps are resized with the weights that frames are
        ["Weights"] = [],
        ["Features"] = ["Data", "Video", "Radar", "Weights"],
        ["Models"] = ["Weights", "Features"],
        ["Training"] = ["Data", "Video", "Radar", "Features", "Models", "Weights"],
        ["Inference"] = ["Data", "Video", "Radar", "Features", "Models", "Training", "Weights"],
        ["Evaluation"] = ["Data", "Video", "Features", "Models", "Training", "Inference"],
        ["Explanation"] = ["Data", "Video", "Features", "Models", "Training", "Inference"],
        ["Cluster"] = [], // it writes scripts that start the program, and knows nothing of what that does
        ["Simulation"] = ["Data", "Video", "Radar"],
    };

    private static readonly Architecture Library = new ArchLoader().LoadAssemblies(typeof(LabelSet).Assembly).Build();

    private static IEnumerable<(string From, string To, string Detail)> StageReferences() =>
        from type in Library.Types
        from dependency in type.Dependencies
        let @from = Stage(type.Namespace?.FullName)
        let to = Stage(dependency.Target.Namespace?.FullName)
        where @from is not null && to is not null && @from != to
        select (@from, to, $"{type.FullName} → {dependency.Target.FullName}");

    private static string? Stage(string? ns) =>
        ns is not null && ns.StartsWith("Gesto.", StringComparison.Ordinal) ? ns.Split('.')[1] : null;

    [Fact]
    public void Every_folder_depends_only_on_the_stages_before_it()
    {
        var wrong = StageReferences()
            .Where(r => !MayUse.TryGetValue(r.From, out string[]? allowed) || !allowed.Contains(r.To));
        Assert.Empty(wrong.Select(r => r.Detail).Distinct());
    }

    [Fact]
    public void The_allowed_references_have_no_circle()
    {
        var left = MayUse.ToDictionary(p => p.Key, p => p.Value.ToHashSet());
        while (left.Count > 0)
        {
            string[] free = [.. left.Where(p => p.Value.Count == 0).Select(p => p.Key)];
            Assert.NotEmpty(free);
            foreach (string stage in free)
                left.Remove(stage);
            foreach (var uses in left.Values)
                uses.ExceptWith(free);
        }
    }

    [Fact]
    public void The_reference_reader_sees_references_at_all() =>
        Assert.Contains(StageReferences(), r => r is { From: "Features", To: "Data" });
}
