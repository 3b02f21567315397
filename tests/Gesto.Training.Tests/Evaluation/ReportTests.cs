using System.Text.RegularExpressions;
using System.Xml;
using Gesto.Signs;
using Gesto.Training.Reports;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class ReportTests
{
    [Fact]
    public void The_page_is_well_formed_and_asks_for_nothing_from_outside()
    {
        EvaluationResult result = EvaluationResult.Of(PlantedEvaluation.Input());
        var frames = new SampleFrames(
            "test/SAMPLE_1",
            "S01",
            [
                [0xff, 0xd8],
            ]
        );
        string html = Report.Render(result, PlantedEvaluation.Log(), [new(result.ConfusedPairs[0], frames, frames)]);
        using var reader = XmlReader.Create(new StringReader(html), new() { DtdProcessing = DtdProcessing.Ignore });
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            Assert.False(reader.LocalName is "link" or "iframe" or "object", reader.LocalName);
            Assert.StartsWith("data:", reader.GetAttribute("src") ?? "data:", StringComparison.Ordinal);
            Assert.Null(reader.GetAttribute("href"));
        }
        Assert.DoesNotMatch(new Regex("https?:|url\\(|@import|fetch\\("), html);
    }

    [Fact]
    public void A_hostile_name_stays_text()
    {
        const string name = "</script><script>alert('&\"1\")</script>\u0001";
        var labels = new LabelSet([new(0, name), new(1, "B")]);
        EvaluationInput input = PlantedEvaluation.Input(labels) with
        {
            Recipe = name,
            Split = "test",
            Facts = new Dictionary<string, string> { [name] = name },
        };
        input = input with { Samples = [.. input.Samples.Select(s => s with { Signer = name + s.Signer })] };

        string html = Report.Render(EvaluationResult.Of(input), [new(name, 1, 1, 0, double.NaN, 0, 1)]);

        Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
        using var reader = XmlReader.Create(new StringReader(html), new() { DtdProcessing = DtdProcessing.Ignore });
        int scripts = 0;
        while (reader.Read())
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "script")
                scripts++;
        Assert.Equal(1, scripts);
    }

    [Fact]
    public void Simulated_and_trained_on_are_said_only_where_so()
    {
        EvaluationInput input = PlantedEvaluation.Input();
        string html = Report.Render(EvaluationResult.Of(input), []);
        Assert.Contains("simulated data", html, StringComparison.Ordinal);
        Assert.DoesNotContain("trained on these", html, StringComparison.Ordinal);
        html = Report.Render(
            EvaluationResult.Of(input with { Simulated = false, TrainedOnThese = true, Split = "train" }),
            []
        );
        Assert.DoesNotContain("simulated", html, StringComparison.Ordinal);
        Assert.Contains("trained on these", html, StringComparison.Ordinal);
    }

    /// <summary>For people: GESTO_KEEP_REPORT=DIR leaves a page to look at.</summary>
    [Fact]
    public void The_page_and_its_picture_are_written_whole()
    {
        string? keep = Environment.GetEnvironmentVariable("GESTO_KEEP_REPORT");
        string folder = keep ?? Directory.CreateTempSubdirectory().FullName;
        EvaluationResult result = EvaluationResult.Of(PlantedEvaluation.Input());
        EpochLog.Save(Path.Combine(folder, "log.jsonl"), PlantedEvaluation.Log());
        Report.Save(Path.Combine(folder, "report-test.html"), result, Path.Combine(folder, "log.jsonl"));
        ConfusionPicture.Save(Path.Combine(folder, "confusion-test.png"), result);
        Assert.EndsWith(
            "</html>\n",
            File.ReadAllText(Path.Combine(folder, "report-test.html")),
            StringComparison.Ordinal
        );
        Assert.Equal(
            [0x89, (byte)'P', (byte)'N', (byte)'G'],
            File.ReadAllBytes(Path.Combine(folder, "confusion-test.png"))[..4]
        );
        if (keep is null)
            Directory.Delete(folder, recursive: true);
    }
}
