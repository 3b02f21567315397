using System.Diagnostics;
using System.Reflection;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Gesto.Cli.Tests.Docs;

/// <summary>The pages' C# is what a user's compiler takes, and the README's five lines are a program that
/// works.</summary>
[Collection(WithProgramData.Name)]
public sealed class SnippetTests(ProgramData made)
{
    /// <summary>What `dotnet new console` adds to a program.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    [Fact]
    public void Every_block_of_csharp_compiles()
    {
        MarkdownCode[] snippets = [.. MarkdownPage.All().SelectMany(p => p.Blocks).Where(b => b.Language == "csharp")];
        Assert.True(snippets.Length >= 3, "the blocks were found");
        Faults.None(
            snippets.SelectMany(s =>
                Compile(s)
                    .GetDiagnostics()
                    .Where(d => d.Severity >= DiagnosticSeverity.Warning)
                    .Select(d => $"{s.Place}: {d}")
            )
        );
    }

    [Fact]
    public async Task The_readmes_five_lines_name_the_sign_of_a_recording_without_PyTorch()
    {
        using var folder = new Folder();
        made.Run("export", "both", "--out", folder["lis.gesto"]).Done();
        Sample sample = Dataset.Open(made["data"]).Samples.First(s => s.Split == Split.Test);
        Directory.CreateDirectory(folder["SAMPLE_7"]);
        foreach (string file in sample.Radar.Prepend(sample.Rgb).Select(f => f!))
            File.Copy(made[$"data/{file}"], folder[$"SAMPLE_7/{Path.GetFileName(file)}"]);

        var emitted = Compile(MarkdownPage.Open("README.md").Blocks.Single(b => b.Language == "csharp"))
            .Emit(folder["five.dll"]);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        foreach (string file in Needed("Gesto"))
            File.Copy(file, folder[Path.GetFileName(file)]);
        folder.Write(
            "five.runtimeconfig.json",
            $$"""
            { "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "{{Environment.Version}}" },
              "configProperties": { "System.Globalization.Invariant": true } } }
            """
        );
        var start = new ProcessStartInfo("dotnet", folder["five.dll"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        using Process program = Process.Start(start)!;
        Task<string> error = program.StandardError.ReadToEndAsync(),
            output = program.StandardOutput.ReadToEndAsync();
        await program.WaitForExitAsync();
        Assert.True(program.ExitCode == 0, await error);

        using Recogniser recogniser = Recogniser.Load(folder["lis.gesto"]);
        Prediction p = await recogniser.PredictAsync(Recording.FromFolder(folder["SAMPLE_7"]));
        string expected = p.IsUnknown
            ? "?"
            : string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{p.Best.Name} {p.Best.Probability:P0}"
            );
        Assert.Equal(expected, (await output).TrimEnd());
    }

    /// <summary>Sees the public API of `Gesto`, and of `Gesto.Training` where the snippet is about training.</summary>
    private static CSharpCompilation Compile(MarkdownCode snippet)
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        IEnumerable<string> own = snippet.Text.Contains("using Gesto.Training", StringComparison.Ordinal)
            ? ["Gesto", "Gesto.Training"]
            : ["Gesto"];
        IEnumerable<string> references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path =>
                Path.GetDirectoryName(path) == framework || own.Contains(Path.GetFileNameWithoutExtension(path))
            );
        return CSharpCompilation.Create(
            "five",
            [CSharpSyntaxTree.ParseText(snippet.Text), CSharpSyntaxTree.ParseText(ImplicitUsings)],
            references.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable
            )
        );
    }

    /// <returns>The files that an assembly needs beside the framework: its references, theirs, and ONNX
    /// Runtime.</returns>
    private static IEnumerable<string> Needed(string assembly)
    {
        var found = new HashSet<string>();
        var open = new Queue<string>([assembly]);
        while (open.TryDequeue(out string? name))
        {
            string path = Path.Combine(AppContext.BaseDirectory, name + ".dll");
            if (!File.Exists(path) || !found.Add(path))
                continue;
            foreach (AssemblyName next in Assembly.LoadFrom(path).GetReferencedAssemblies())
                open.Enqueue(next.Name!);
        }
        Assert.DoesNotContain(found, f => f.Contains("Torch", StringComparison.Ordinal));
        return found.Concat(
            Directory
                .EnumerateFiles(AppContext.BaseDirectory, "*onnxruntime*")
                .Where(f => !f.EndsWith(".dll", StringComparison.Ordinal) || !found.Contains(f))
        );
    }
}
