using System.Text;
using System.Text.Json.Nodes;
using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Inference;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Weights;

namespace Gesto.Training.Export;

/// <summary>Puts a run, or an ensemble, into one file that Gesto recognises with, without PyTorch.</summary>
public static class RunExport
{
    private static readonly string[] Splits = ["test", "val", "fold"];

    /// <param name="folder">A finished run, or an ensemble; members that are bundles are copied.</param>
    /// <param name="path">The `.gesto` file to write.</param>
    /// <param name="cache">Where ResNet50's weights are, and MediaPipe's networks.</param>
    /// <exception cref="InvalidDataException">Training has not finished, a file is broken, or the run was trained on
    /// ready radar features, whose encoder belongs to extraction.</exception>
    /// <exception cref="IOException">The file cannot be written, or something else is there.</exception>
    /// <exception cref="FileNotFoundException">The RGB encoder's weights are not there, or the networks that find
    /// landmarks in the videos it learnt from.</exception>
    public static void Save(string folder, string path, WeightsCache cache) =>
        Save(folder, path, cache, model => LandmarkWeights.ToOnnx(model, cache));

    /// <summary>The same with networks that find landmarks from elsewhere.</summary>
    internal static void Save(string folder, string path, WeightsCache cache, Func<LandmarkModel, byte[]> landmarks)
    {
        if (BundleFile.Is(folder))
            throw new InvalidDataException($"{folder}: a bundle already. Copy it.");
        AtomicFile.RequireFile(path);
        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder, threads: 1);
        if (recogniser.Facts.Radar is { IsFrames: false } ready)
            throw new InvalidDataException(
                $"{folder}: trained on ready radar features ({ready.Encoder}), whose encoder belongs to extraction. Train on radar frames."
            );
        IReadOnlyList<ITrainedRecogniser> members = recogniser is Ensemble several ? several.Members : [recogniser];
        VoteWeights? votes = (recogniser as Ensemble)?.Weights;
        IReadOnlyList<double> weights = votes?.All ?? [1];
        var written = new List<BundledMember>();
        foreach ((int i, ITrainedRecogniser member) in members.Index())
        {
            string place = members.Count == 1 ? "" : FormattableString.Invariant($"{i + 1}-");
            written.Add(
                member switch
                {
                    NetworkRecogniser network => Described(network.Export(place, weights[i], entries)),
                    LinearRecogniser linear => Described(linear.Export(place, weights[i], entries)),
                    ExportedRecogniser exported => exported.Export(place, weights[i], entries),
                    _ => throw new NotSupportedException($"{member.GetType()} cannot be exported."),
                }
            );

            BundledMember Described(BundledMember mine)
            {
                (string recipe, string facts) = ($"{place}recipe.json", $"{place}run.json");
                entries[recipe] = Encoding.UTF8.GetBytes(RecipeFile.Format(member.Recipe));
                entries[facts] = Encoding.UTF8.GetBytes(RunDirectory.Format(SampleHashes.Hide(member.Facts)));
                return mine with { Recipe = recipe, Facts = facts };
            }
        }
        BundledRgbEncoder? encoder = members
            .OfType<ExportedRecogniser>()
            .Select(m => m.ExportRgbEncoder(entries))
            .FirstOrDefault(e => e is not null);
        if (
            encoder is null
            && recogniser.Facts.Rgb is { } rgb
            && RgbEncoders.Network(rgb, folder, cache) is { Model: var model } network1
        )
        {
            encoder = new(
                BundleFile.RgbEncoderEntry,
                rgb.Encoder,
                network1.Preprocessing,
                network1.Side,
                network1.Shape,
                network1.DType
            );
            entries.Add(encoder.Entry, model);
        }
        var manifest = new BundleManifest
        {
            Format = BundleManifest.CurrentFormat,
            Name = recogniser.Recipe.Name,
            Program = RunFacts.ThisProgram,
            Labels = recogniser.Facts.Labels,
            Names = LanguageNames.Of(recogniser.Labels),
            Keys = recogniser.Facts.Keys,
            RgbEncoder = encoder,
            Landmarker = Landmarker(recogniser, members, folder, landmarks, entries),
            Members = written,
            Subsets = votes?.Subsets ?? new Dictionary<string, IReadOnlyList<double>>(),
            Calibration = recogniser.Calibration,
            CostlyPairs = recogniser.Recipe.CostlyPairs,
            TrainedOn = recogniser.Facts.DataFingerprint,
            Simulated = recogniser.Facts.Simulated,
            Metrics = Metrics(folder),
        };
        entries.Add(ModelCard.Entry, Encoding.UTF8.GetBytes(ModelCard.Of(recogniser, manifest)));
        entries.Add("LICENSES.txt", Encoding.UTF8.GetBytes(ModelCard.Licences(manifest)));
        BundleWriter.Write(path, manifest, entries);
    }

    /// <summary>Adds the networks that find landmarks in videos.</summary>
    /// <returns>Null where it learnt from no such landmarks.</returns>
    private static BundledLandmarker? Landmarker(
        ITrainedRecogniser recogniser,
        IReadOnlyList<ITrainedRecogniser> members,
        string folder,
        Func<LandmarkModel, byte[]> landmarks,
        Dictionary<string, byte[]> entries
    )
    {
        FeatureKey? hands = recogniser.Facts.Rgb is { } rgb ? HandCropReader.FinderOf(rgb) : null;
        if (
            recogniser.Facts.Keys[Modality.Landmarks] is not { Encoder: VideoLandmarkReader.EncoderName } key
            && (key = hands) is null
        )
            return null;
        foreach (ExportedRecogniser member in members.OfType<ExportedRecogniser>())
            if (member.ExportLandmarker(entries) is { } copied)
                return copied;
        if (new[] { key, hands ?? key }.FirstOrDefault(k => k.Weights != LandmarkWeights.Hash) is { } other)
            throw new InvalidDataException(
                $"{folder}: trained on landmarks that other networks than this Gesto's found ({other.Weights}, expected {LandmarkWeights.Hash}). Extract and train again, or export with the Gesto that extracted."
            );
        foreach (LandmarkModel model in LandmarkModel.All)
            entries[BundledLandmarker.EntryOf(model)] = landmarks(model);
        return new(key.Encoder, LandmarkModel.All.ToDictionary(m => m.Name, BundledLandmarker.EntryOf));
    }

    private static JsonObject Metrics(string folder)
    {
        var metrics = new JsonObject();
        foreach (string split in Splits)
        {
            string result = Path.Combine(folder, $"evaluation-{split}.json");
            if (File.Exists(result) && JsonNode.Parse(File.ReadAllText(result)) is JsonObject whole)
            {
                var kept = new JsonObject();
                foreach (
                    string name in (string[])
                        [
                            "samples",
                            "classes",
                            "top1",
                            "top1_low",
                            "top1_high",
                            "interval_method",
                            "top5",
                            "macro_f1",
                            "ece",
                            "simulated",
                        ]
                )
                    if (whole[name] is { } value)
                        kept[name] = value.DeepClone();
                metrics[split] = kept;
            }
        }
        return metrics;
    }
}
