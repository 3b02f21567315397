using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Testing;

/// <summary>An evaluation made up for tests of the report: 126 signs, a few signers, letters confused more than
/// words.</summary>
internal static class PlantedEvaluation
{
    public static EvaluationInput Input(LabelSet? labels = null, int signers = 6, int takes = 2)
    {
        labels ??= LabelSet.Lis126;
        var random = new Random(5);
        var samples = new List<Sample>();
        var truth = new List<int>();
        var probabilities = new List<float[]>();
        for (int signer = 0; signer < signers; signer++)
        for (int label = 0; label < labels.Count; label++)
        for (int take = 0; take < takes; take++)
        {
            samples.Add(
                new Sample
                {
                    Key = $"test/SAMPLE_{samples.Count + 1}",
                    Split = Split.Test,
                    Signer = $"S{signer + 1:00}",
                }
            );
            truth.Add(label);
            probabilities.Add(Row(labels, label, 0.55 + 0.06 * signer, random));
        }
        return new()
        {
            Probabilities = [.. probabilities],
            Truth = [.. truth],
            Samples = samples,
            Labels = labels,
            Recipe = "late-fusion",
            Split = "test",
            Simulated = true,
            Seed = 1,
            WatchedPairs = [("NO", "SI"), ("OCCHIO", "NASO")],
            Masked = [new("RGB", probabilities.Select((p, n) => n % 2 == 0 ? p : new float[p.Length]).ToArray())],
            Facts = new Dictionary<string, string>
            {
                ["seed"] = "1",
                ["data fingerprint"] = "0f3a9b",
                ["machine"] = "2 cores, linux-x64",
            },
        };
    }

    public static IReadOnlyList<EpochLine> Log() =>
        [
            .. Enumerable.Range(1, 20).Select(e => Line("radar-encoder", e, 15)),
            .. Enumerable.Range(1, 40).Select(e => Line("fusion", e, 9)),
        ];

    private static EpochLine Line(string stage, int epoch, double pace)
    {
        double left = Math.Exp(-epoch / pace);
        return new(stage, epoch, 4.8 * left, 1 - left, 4.8 * left + 0.02 * epoch, 0.85 * (1 - left), Seconds: 4.2);
    }

    /// <summary>Letters go astray to the next letters, words rarely and to one partner.</summary>
    private static float[] Row(LabelSet labels, int label, double skill, Random random)
    {
        int[] letters = [.. Enumerable.Range(0, labels.Count).Where(l => labels[l].IsLetter)];
        bool letter = labels[label].IsLetter;
        bool astray = random.NextDouble() > (letter ? skill : 0.5 + skill / 2);
        int answer =
            !astray ? label
            : letter ? letters[(Array.IndexOf(letters, label) / 4 * 4 + random.Next(4)) % letters.Length]
            : random.NextDouble() < 0.7 ? (label * 61 + 7) % labels.Count
            : random.Next(labels.Count);
        var row = new float[labels.Count];
        Array.Fill(row, 0.2f / labels.Count);
        row[answer] += 0.6f;
        row[label] += 0.2f;
        return row;
    }
}
