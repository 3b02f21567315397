namespace Gesto.Cli.Tests;

/// <summary>A data set of three simulated signs by four signers, its features (small RGB frames, so that no ImageNet
/// weights are needed), a run on both modalities, a run on radar, and their ensemble: all made by the program itself,
/// once.</summary>
public sealed class ProgramData : IDisposable
{
    private readonly Folder folder = new();

    public ProgramData()
    {
        Run(
                "simulate",
                "data",
                "--classes",
                "3",
                "--signers",
                "4",
                "--val-signers",
                "0",
                "--takes",
                "1",
                "--seed",
                "3",
                "--size",
                "64x64",
                "--radar-size",
                "16x32"
            )
            .Done();
        Run(["extract", "data", "features", .. Small]).Done();
        Run(["train", "features", "--recipe", "end-to-end", "--run", "both", .. Quick]).Done();
        Run(["train", "features", "--recipe", "radar-only", "--run", "radar", .. Quick]).Done();
        Run("ensemble", "both", "radar", "--run", "vote", "--features", "features", "--threads", "1").Done();
    }

    /// <summary>Options of `extract`.</summary>
    internal static string[] Small { get; } =
    ["--rgb", "frames", "--rgb-size", "32", "--rgb-frames", "6", "--radar-size", "16x16", "--radar-frames", "6"];

    /// <summary>Options of a training that learns nothing, fast.</summary>
    internal static string[] Quick { get; } =
    [
        "--threads",
        "1",
        .. Settings("training.epochs=1", "radar.epochs=1", "radar.hidden=8", "model.hidden=8", "model.layers=1"),
    ];

    /// <summary>The current folder of all runs.</summary>
    internal string Folder => folder.Path;

    internal string this[string name] => folder[name];

    internal static string[] Settings(params string[] settings) => [.. settings.SelectMany(s => new[] { "--set", s })];

    internal string Write(string name, string text) => folder.Write(name, text);

    internal ProgramResult Run(params string[] arguments) => GestoProgram.Run(folder.Path, arguments);

    public void Dispose() => folder.Dispose();
}

/// <summary>The tests that read it, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class WithProgramData : ICollectionFixture<ProgramData>
{
    public const string Name = "program";
}
