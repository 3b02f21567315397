using System.Reflection;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Gesto.Signs;
using Assembly = System.Reflection.Assembly;

namespace Gesto.Training.Tests;

/// <summary>Holds the libraries to ARCHITECTURE.md's tables, by the references in the compiled assemblies.</summary>
public class ArchitectureTests
{
    // The rows of each table: a folder may use those before it in its own library, and all of the libraries below.
    private static readonly string[] Rooms =
    [
        "Files",
        "Signs",
        "Video",
        "Radar",
        "Encoders",
        "Landmarks",
        "MediaPipe",
        "Recordings",
        "Bundles",
        "Inference",
        "", // what five lines need
    ];

    private static readonly string[] TrainingRooms =
    [
        "", // what Gesto.Training itself holds: progress, devices, edit distance
        "Graphs",
        "TfLite",
        "Weights",
        "Datasets",
        "Checking",
        "Models",
        "Features",
        "Recipes",
        "Batches",
        "Runs",
        "Fitting",
        "Recognition",
        "Export",
        "Scoring",
        "Reports",
        "Evaluation",
        "Explanation",
        "Simulation",
    ];

    private static readonly Assembly Library = typeof(LabelSet).Assembly,
        Training = typeof(WorkProgress).Assembly;

    private static readonly Architecture Both = new ArchLoader().LoadAssemblies(Library, Training).Build();

    private static IEnumerable<(string From, string To, string Detail)> References(string root) =>
        from type in Both.Types
        where (type.Assembly.Name.Split(',')[0] == root)
        from dependency in type.Dependencies
        let target = dependency.Target.Namespace?.FullName ?? ""
        where target == root || target.StartsWith(root + ".", StringComparison.Ordinal)
        let @from = Room(type.Namespace?.FullName ?? "", root)
        let to = Room(target, root)
        where @from != to && dependency.Target.Assembly.Name.Split(',')[0] == root
        select (@from, to, $"{type.FullName} → {dependency.Target.FullName}");

    private static string Room(string ns, string root) => ns.Length > root.Length ? ns[(root.Length + 1)..] : "";

    public static TheoryData<string> Libraries => ["Gesto", "Gesto.Training"];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_folder_depends_only_on_the_rows_above_it(string library)
    {
        string[] rooms = library == "Gesto" ? Rooms : TrainingRooms;
        var wrong = References(library)
            .Where(r => Array.IndexOf(rooms, r.From) <= Array.IndexOf(rooms, r.To) || !rooms.Contains(r.To));
        Assert.Empty(wrong.Select(r => r.Detail).Distinct());
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_namespace_is_its_folder(string library)
    {
        string[] rooms = library == "Gesto" ? Rooms : TrainingRooms;
        IEnumerable<string> found = Both
            .Types.Where(t => t.Assembly.Name.Split(',')[0] == library)
            .Select(t => t.Namespace?.FullName ?? "")
            .Where(ns => ns.StartsWith("Gesto", StringComparison.Ordinal))
            .Select(ns => Room(ns, library))
            .Distinct();
        Assert.Empty(found.Except(rooms));
    }

    [Fact]
    public void What_ships_needs_ONNX_Runtime_and_an_HDF5_reader_and_nothing_else_of_others() =>
        Assert.Equal(["Microsoft.ML.OnnxRuntime", "PureHDF"], External(Library));

    [Fact]
    public void Training_adds_these_libraries_and_no_more() =>
        Assert.Equal(
            [
                "CsvHelper",
                "Gesto",
                "Google.FlatBuffers",
                "Google.Protobuf",
                "MathNet.Numerics",
                "Microsoft.ML.OnnxRuntime",
                "OnnxSharp",
                "ScottPlot",
                "SkiaSharp",
                "TorchSharp",
            ],
            External(Training)
        );

    [Fact]
    public void The_program_sees_what_everybody_sees() =>
        Assert.DoesNotContain(
            "Gesto.Cli",
            new[] { Library, Training }
                .SelectMany(a => a.GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>())
                .Select(a => a.AssemblyName)
        );

    [Fact]
    public void The_reference_reader_sees_references_at_all() =>
        Assert.Contains(References("Gesto.Training"), r => r is { From: "Features", To: "Datasets" });

    private static string[] External(Assembly assembly) =>
        [
            .. assembly
                .GetReferencedAssemblies()
                .Select(a => a.Name!)
                .Where(n =>
                    !n.StartsWith("System", StringComparison.Ordinal)
                    && n is not ("netstandard" or "Microsoft.Win32.Primitives")
                )
                .Order(StringComparer.Ordinal),
        ];
}
