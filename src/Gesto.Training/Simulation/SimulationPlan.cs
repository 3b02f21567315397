using System.Globalization;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Training.Simulation;

/// <summary>One sample to make.</summary>
internal sealed record PlannedSample(
    SignScript Script,
    Signer Signer,
    int Take,
    Split Split,
    int Number,
    SampleLayout Layout,
    bool RawRadar = false,
    bool Landmarks = false
)
{
    /// <summary>Folder relative to the root, '/'-separated, as the challenge lays it out.</summary>
    public string Key =>
        Split switch
        {
            Split.Train => string.Create(
                CultureInfo.InvariantCulture,
                $"train/{Script.Class.Id}_{Script.Class.Name}/SAMPLE_{Number}"
            ),
            Split.Validation => string.Create(CultureInfo.InvariantCulture, $"val/SAMPLE_{Number}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"test/SAMPLE_{Number}"),
        };

    /// <summary>Null in the 2026 layout, which has no RGB.</summary>
    public string? RgbPath => Layout == SampleLayout.Challenge2025 ? $"{Key}/SAMPLE_{Number}_RGB.mkv" : null;

    /// <summary>A raw recording of all antennas; null where each has a file of its own, as <see cref="RadarPath"/>
    /// names it.</summary>
    public string? SessionPath => RawRadar ? $"{Key}/{InfineonSession.Folder}/{InfineonSession.DataFile}" : null;

    /// <summary>Joints of body and hands; null where none are asked for.</summary>
    public string? LandmarksPath => Landmarks ? $"{Key}/SAMPLE_{Number}_LANDMARKS.npy" : null;

    /// <summary>Every file of the sample, relative to the root, '/'-separated.</summary>
    public IEnumerable<string> Files =>
        (
            RawRadar
                ? new[] { InfineonSession.DataFile, InfineonSession.ConfigFile, InfineonSession.VersionFile }.Select(
                    f => $"{Key}/{InfineonSession.Folder}/{f}"
                )
                : Enumerable.Range(1, 3).Select(RadarPath)
        ).Concat(new[] { RgbPath, LandmarksPath }.OfType<string>());

    /// <param name="antenna">1…3.</param>
    public string RadarPath(int antenna) =>
        Layout == SampleLayout.Challenge2025
            ? $"{Key}/SAMPLE_{Number}_RDM{antenna}.mp4"
            : $"{Key}/SAMPLE_{Number}_RTM{antenna}.npy";

    /// <summary>The sample as the manifest describes it, with its label.</summary>
    public Sample ToSample()
    {
        var sample = new Sample
        {
            Key = Key,
            Split = Split,
            ClassId = Script.Class.Id,
            ClassName = Script.Class.Name,
            Signer = Signer.Name,
            Session = string.Create(CultureInfo.InvariantCulture, $"{Signer.Name}-{Take}"),
            Rgb = RgbPath,
            Radar = SessionPath is { } session ? [session, null, null] : [RadarPath(1), RadarPath(2), RadarPath(3)],
        };
        return LandmarksPath is { } landmarks
            ? sample with
            {
                Files = sample.Files.With(Modality.Landmarks, [landmarks]),
            }
            : sample;
    }
}

/// <summary>Which signs which signers perform, in which split and under which number.</summary>
internal static class SimulationPlan
{
    /// <returns>Every sample, in the order of split, class, signer, take.</returns>
    public static IReadOnlyList<PlannedSample> Make(SimulationOptions options)
    {
        options.Validate();
        (int train, int validation, _) = options.SignersPerSplit();
        Signer[] signers = [.. Enumerable.Range(1, options.Signers).Select(n => Signer.Create(options.Seed, n))];
        IReadOnlyList<SignClass> classes = Choose(LabelSet.Lis126, options.Classes);
        int total = classes.Count * options.Signers * options.Takes;
        // Shuffled, so that a number tells neither class nor signer.
        int[] numbers = [.. Enumerable.Range(1, total)];
        new SeededRandom(options.Seed, SeededRandom.HashOf("numbers")).Shuffle(numbers);
        int next = 0;
        return
        [
            .. (
                from split in (Split[])[Split.Train, Split.Validation, Split.Test]
                from sign in classes
                from signer in signers
                where
                    split
                    == (
                        signer.Number <= train ? Split.Train
                        : signer.Number <= train + validation ? Split.Validation
                        : Split.Test
                    )
                from take in Enumerable.Range(1, options.Takes)
                select new PlannedSample(
                    SignCatalogue.Lis126[sign.Id],
                    signer,
                    take,
                    split,
                    numbers[next++],
                    options.Layout,
                    options.RawRadar,
                    options.Landmarks
                )
            ),
        ];
    }

    /// <summary>A spread choice with its true ids: about a fifth letters, and always NO and SI, the costly
    /// pair.</summary>
    public static IReadOnlyList<SignClass> Choose(LabelSet labels, int count)
    {
        if (count >= labels.Count)
            return labels.Classes;
        SignClass[] letters = [.. labels.Classes.Where(c => c.IsLetter)];
        SignClass[] first = [.. labels.Classes.Where(c => c.Name is "NO" or "SI")];
        SignClass[] words = [.. labels.Classes.Where(c => !c.IsLetter).Except(first)];
        int letterCount = Math.Clamp(
            (count + 4) / 5,
            Math.Max(0, count - first.Length - words.Length),
            Math.Min(letters.Length, count - first.Length)
        );
        return
        [
            .. first
                .Concat(Spread(letters, letterCount))
                .Concat(Spread(words, count - first.Length - letterCount))
                .OrderBy(c => c.Id),
        ];
    }

    private static IEnumerable<SignClass> Spread(SignClass[] from, int count) =>
        Enumerable.Range(0, count).Select(i => from[(2 * i + 1) * from.Length / (2 * count)]);
}
