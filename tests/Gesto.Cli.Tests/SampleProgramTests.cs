using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Gesto.Cli.Tests;

/// <summary>`samples/`, built from the packed library in an empty folder, against what `gesto predict` says.</summary>
[Collection(WithProgramData.Name)]
public sealed class SampleProgramTests(ProgramData made)
{
    /// <summary>With all that it takes to run but .NET, and no bundle.</summary>
    private const long MostBytes = 120_000_000;

    [Fact]
    public async Task The_samples_answer_from_the_packed_library_what_the_program_answers()
    {
        string root = RepositoryRoot(),
            work = made["samples"],
            bundle = made["samples.gesto"];
        made.Run("export", "vote", "--out", bundle).Done();
        Run("bash", Path.Combine(root, "samples", "build.sh"), work);

        string published = Path.Combine(work, "Recognise");
        string[] files = Directory.GetFiles(published, "*", SearchOption.AllDirectories);
        Assert.DoesNotContain(files, f => Path.GetFileName(f).Contains("torch", StringComparison.OrdinalIgnoreCase));
        Assert.InRange(files.Sum(f => new FileInfo(f).Length), 1, MostBytes);

        string[] recordings = [.. Directory.GetDirectories(made["data/test"]).Order(StringComparer.Ordinal)];
        Dictionary<string, double>[] expected = [.. recordings.Select(r => Predicted(bundle, r))];
        foreach ((string recording, Dictionary<string, double> right) in recordings.Zip(expected))
            Same(
                right,
                Run("dotnet", Path.Combine(published, "Recognise.dll"), bundle, recording)
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Skip(1)
                    .Select(line => line.Split(' ', 2))
                    .ToDictionary(p => p[1], p => double.Parse(p[0], CultureInfo.InvariantCulture))
            );

        string csv = made["samples.csv"];
        Run("dotnet", Path.Combine(work, "FolderToCsv", "FolderToCsv.dll"), bundle, made["data/test"], csv);
        string[] rows = File.ReadAllLines(csv);
        Assert.Equal("recording,id,name,probability,unknown", rows[0]);
        Assert.Equal(recordings.Length, rows.Length - 1);
        foreach ((int i, string row) in rows.Skip(1).Index())
        {
            string[] cells = row.Split(',');
            Assert.Equal($"\"{Path.GetFileName(recordings[i])}\"", cells[0]);
            (string name, double probability) = expected[i].MaxBy(p => p.Value);
            Assert.Equal($"\"{name}\"", cells[2]);
            Assert.Equal(probability, double.Parse(cells[3], CultureInfo.InvariantCulture), 1e-4);
        }

        await Upload(Path.Combine(work, "WebApi", "WebApi.dll"), bundle, recordings, expected);
    }

    /// <summary>Recordings at the same time, as a server gets them, and one that is none.</summary>
    private static async Task Upload(
        string program,
        string bundle,
        string[] recordings,
        Dictionary<string, double>[] expected
    )
    {
        var start = new ProcessStartInfo("dotnet", [program, "--bundle", bundle, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process server = Process.Start(start)!;
        try
        {
            Task<string> errors = server.StandardError.ReadToEndAsync();
            string? address = null;
            while (address is null && await server.StandardOutput.ReadLineAsync() is { } line)
                if (line.IndexOf("http://127.0.0.1:", StringComparison.Ordinal) is >= 0 and int at)
                    address = line[at..].Trim();
            Assert.True(address is not null, address is null ? await errors : "");
            Task rest = server.StandardOutput.ReadToEndAsync();
            using var client = new HttpClient { BaseAddress = new Uri(address!) };
            await Task.WhenAll(
                recordings.Select(
                    async (recording, i) =>
                    {
                        using HttpResponseMessage answer = await Post(client, Directory.GetFiles(recording));
                        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
                        Same(expected[i], Probabilities(json.RootElement.GetProperty("ranked")));
                    }
                )
            );
            using HttpResponseMessage refused = await Post(client, [bundle]);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            server.Kill();
            await rest;
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
        }
    }

    private static async Task<HttpResponseMessage> Post(HttpClient client, string[] files)
    {
        using var form = new MultipartFormDataContent();
        foreach (string file in files)
            form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(file)), "files", Path.GetFileName(file));
        return await client.PostAsync(new Uri("/predict", UriKind.Relative), form);
    }

    private Dictionary<string, double> Predicted(string bundle, string recording)
    {
        using JsonDocument json = JsonDocument.Parse(
            made.Run("predict", bundle, recording, "--json", "--top", "3").Done()
        );
        return Probabilities(json.RootElement[0].GetProperty("predictions"));
    }

    private static Dictionary<string, double> Probabilities(JsonElement signs) =>
        signs
            .EnumerateArray()
            .ToDictionary(s => s.GetProperty("name").GetString()!, s => s.GetProperty("probability").GetDouble());

    private static void Same(Dictionary<string, double> expected, Dictionary<string, double> found)
    {
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        foreach ((string name, double probability) in expected)
            Assert.Equal(probability, found[name], 1e-4);
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{output}\n{error.Result}");
        return output;
    }

    private static string RepositoryRoot()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Gesto.slnx")))
            root = Path.GetDirectoryName(root);
        if (root is null)
            Assert.Skip("The tests run outside the repository.");
        return root;
    }
}
