using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Batches;

/// <summary>One modality of the samples to learn from.</summary>
/// <param name="Store">Has it.</param>
/// <param name="Frames">Frames of each sample, where the store holds frames; none where a sample lacks the
/// modality.</param>
internal sealed record ModalityData(FeatureStore Store, FrameSequences? Frames)
{
    /// <summary>Steps (T, F) of each sample, empty where it lacks the modality; none on disk, and where it is
    /// frames.</summary>
    public List<float[]> Features { get; } = [];
}

/// <summary>The labelled samples of a feature set as training needs them: checked, split, and with a fingerprint; their
/// features in memory where they fit.</summary>
internal sealed class TrainingData
{
    private TrainingData(ValidationSplit split, LabelSet labelSet) => (Split, LabelSet) = (split, labelSet);

    public ValidationSplit Split { get; }

    public LabelSet LabelSet { get; }

    /// <summary>Train samples, then validation samples; every index below is into this.</summary>
    public List<Sample> Samples { get; } = [];

    public List<string> Skipped { get; } = [];

    public long[] Labels { get; private set; } = [];

    public int[] Train { get; private set; } = [];

    public int[] Validation { get; private set; } = [];

    /// <summary>True where the features would take more memory than allowed: they stay in their stores and are read
    /// batch by batch.</summary>
    public bool OnDisk { get; private set; }

    /// <summary>Each modality that the recipe uses.</summary>
    public PerModality<ModalityData> Streams { get; private init; } = PerModality<ModalityData>.None;

    /// <summary>Those of <see cref="Train"/> and <see cref="Validation"/> that have a modality.</summary>
    public (int[] Train, int[] Validation) Having(Modality modality) =>
        (
            [.. Train.Where(i => Streams[modality]!.Store.Contains(Samples[i].Key))],
            [.. Validation.Where(i => Streams[modality]!.Store.Contains(Samples[i].Key))]
        );

    public string Fingerprint { get; private set; } = "";

    /// <summary>The data set says that it comes from a simulator.</summary>
    public bool Simulated { get; private init; }

    /// <param name="features">What an extraction wrote.</param>
    /// <param name="recipe">What of them is used.</param>
    /// <param name="pseudo">Samples to learn from besides; null = none. None of them is ever held out.</param>
    /// <param name="memory">Bytes that they may take; null = half of what the process may use.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Noticed between samples.</param>
    /// <exception cref="InvalidDataException">The features lack what the recipe asks for, or hold NaN; or one recording
    /// is in two parts of the split.</exception>
    public static TrainingData Load(
        FeatureSet features,
        Recipe recipe,
        PseudoLabels? pseudo,
        long? memory,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        PerModality<FeatureStore> stores = PerModality.For(Modality.All.Where(recipe.Uses), m =>
            features.Stores[m] ?? throw Lacks(recipe, m)
        );
        FeatureStore? radar = stores[Modality.Radar];
        if (
            radar is { Key.IsFrames: false }
            && recipe.Classifier == ClassifierKind.Network
            && recipe.Radar.Encoder != RadarEncoderMode.Frozen
        )
            throw new InvalidDataException(
                $"{radar.Folder}: ready radar features ({radar.Key.Encoder}), but recipe '{recipe.Name}' trains its radar encoder. "
                    + "Extract radar frames into another folder, or set radar.encoder=frozen."
            ).Suggest(NextStep.ExtractRadar, "frames");
        if (stores[Modality.Rgb] is { } rgb)
            RequireRgb(recipe, rgb);
        // A linear classifier learns from all and is chosen by cross-validation.
        ValidationSplit split = SplitOf(
            features.Samples,
            recipe.Classifier == ClassifierKind.Linear
                ? recipe.Training with
                {
                    ValidationFraction = 0,
                    Refit = false,
                }
                : recipe.Training
        );
        if (pseudo is not null)
            split = split with { Train = [.. split.Train, .. pseudo.SamplesOf(features)] };
        RefuseLeaks(features, split);
        var data = new TrainingData(split, features.Labels)
        {
            Simulated = features.Simulated,
            Streams = stores.Select(
                (_, store) =>
                    new ModalityData(
                        store,
                        store.Key.IsFrames ? new FrameSequences(store.Key.DType, store.Key.Shape.AsSpan(1)) : null
                    )
            ),
        };
        data.OnDisk =
            split.Train.Concat(split.Validation).Sum(s => stores.Values.Sum(store => BytesOf(store, s.Key)))
            > (memory ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int total = split.Train.Count + split.Validation.Count;
        var spare = new Dictionary<FeatureStore, byte[]>();
        foreach (Sample sample in split.Train.Concat(split.Validation))
        {
            cancel.ThrowIfCancellationRequested();
            Report();
            int there = stores.Values.Count(store => store.Contains(sample.Key));
            if (there == 0 || (there < stores.Count && !recipe.BearsMissing))
            {
                data.Skipped.Add(sample.Key);
                continue;
            }
            hash.AppendData(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sample.Key},{sample.ClassId}\n"))
            );
            foreach (ModalityData stream in data.Streams.Values)
                data.Take(stream, sample.Key, hash, spare);
            data.Samples.Add(sample);
        }
        data.Fingerprint = Convert.ToHexStringLower(hash.GetHashAndReset());
        data.Index();
        Report();
        return data;

        void Report() =>
            progress?.Report(
                new WorkProgress("load features", data.Samples.Count + data.Skipped.Count, total, "samples")
            );
    }

    /// <summary>Frames are shown on this device; features are placed by who makes sequences of them.</summary>
    public void PlaceFrames(TorchSharp.torch.Device device)
    {
        foreach (FrameSequences frames in Streams.Values.Select(s => s.Frames).OfType<FrameSequences>())
            frames.Device = device;
    }

    private static long BytesOf(FeatureStore store, string key) =>
        store.Contains(key)
            ? (long)store.LengthOf(key)
                * NpyFile.ElementSize(store.Key.DType)
                * store.Key.Shape.Skip(1).Aggregate(1, (a, b) => a * b)
            : 0;

    /// <summary>Every array is read once and checked, also where it is not kept.</summary>
    /// <param name="stream">Where it is kept.</param>
    /// <param name="key">The sample's.</param>
    /// <param name="hash">Takes it in.</param>
    /// <param name="spare">Memory of the arrays that are not kept themselves, a quarter of a megabyte each: used
    /// again.</param>
    private void Take(ModalityData stream, string key, IncrementalHash hash, Dictionary<FeatureStore, byte[]> spare)
    {
        (FeatureStore store, FrameSequences? frames) = (stream.Store, stream.Frames);
        if (!store.Contains(key))
        {
            hash.AppendData(BitConverter.GetBytes(0));
            frames?.AddMissing();
            if (frames is null && !OnDisk)
                stream.Features.Add([]);
            return;
        }
        bool kept = frames is not null && !OnDisk;
        NpyArray array = Read(store, key, hash, kept ? null : spare.GetValueOrDefault(store));
        if (!kept)
            spare[store] = array.Bytes;
        if (frames is not null && OnDisk)
            frames.Add(store, key);
        else if (frames is not null)
            frames.Add(array, store.LengthOf(key));
        else if (!OnDisk)
            stream.Features.Add(RealSteps(array, store.LengthOf(key)));
    }

    /// <exception cref="InvalidDataException">The store does not hold what the recipe's RGB encoder reads.</exception>
    private static void RequireRgb(Recipe recipe, FeatureStore rgb)
    {
        bool fits = recipe.Rgb.Encoder switch
        {
            RgbEncoderMode.Frames => rgb.Key.Encoder == RgbPixels.EncoderName,
            RgbEncoderMode.LastStage => rgb.Key.Encoder.EndsWith(ResNet50Network.MapsSuffix, StringComparison.Ordinal),
            _ => !rgb.Key.IsFrames,
        };
        if (fits)
            return;
        string kind = recipe.Rgb.Encoder switch
        {
            RgbEncoderMode.Frames => "frames",
            RgbEncoderMode.LastStage => "maps",
            _ => "features",
        };
        throw new InvalidDataException(
            $"{rgb.Folder}: made by {rgb.Key.Encoder}, and recipe '{recipe.Name}' reads RGB {kind} (rgb.encoder). "
                + $"Extract RGB {kind} into another folder, or choose another recipe."
        ).Suggest(NextStep.ExtractRgb, kind);
    }

    private static ValidationSplit SplitOf(IReadOnlyList<Sample> samples, TrainingRecipe training)
    {
        IReadOnlyList<Sample> fold = [];
        if (training.Fold.Length > 0)
        {
            var (number, count) = Fold.Parse(training.Fold);
            FoldDeal deal = FoldDeal.Deal(samples, count, training.FoldBy, training.FoldSeed);
            fold = deal.In(number);
            // What is left is one training part: a val of its own may hold the fold's signers.
            samples = [.. deal.Samples.Except(fold).Select(s => s with { Split = Recordings.Split.Train })];
        }
        ValidationSplit split =
            training.ValidationFraction == 0
                ? ValidationSplit.None(samples)
                : ValidationSplit.Choose(samples, training.Seed, training.ValidationFraction);
        if (training.Refit && split.HeldOutBy != ValidationSplit.OwnVal)
            split = split with { Train = [.. split.Train, .. split.Validation], Validation = [] };
        return split with { Fold = fold };
    }

    /// <summary>Reads one array and refuses NaN and infinity by the sample's file.</summary>
    internal static NpyArray Read(FeatureStore store, string key, IncrementalHash? hash = null, byte[]? memory = null)
    {
        NpyArray array = store.LoadInto(key, memory);
        (int Index, string Value)? bad = array.DType switch
        {
            "<f4" => FirstNotFinite<float>(array.Bytes),
            "<f2" => FirstNotFinite<Half>(array.Bytes),
            _ => null,
        };
        if (bad is { } found)
            throw new InvalidDataException(
                $"{store.PathOf(key)}: value {found.Index} is {found.Value}, expected finite numbers. Look at the recording."
            ).Suggest(NextStep.CheckRecordings);
        hash?.AppendData(BitConverter.GetBytes(store.LengthOf(key)));
        hash?.AppendData(array.Bytes);
        return array;
    }

    private static (int Index, string Value)? FirstNotFinite<T>(byte[] bytes)
        where T : struct, INumberBase<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < values.Length; i++)
            if (!T.IsFinite(values[i]))
                return (i, values[i].ToString(null, CultureInfo.InvariantCulture));
        return null;
    }

    /// <summary>The real steps (T, F) of one sample's features.</summary>
    internal static float[] Steps(FeatureStore store, string key) => RealSteps(Read(store, key), store.LengthOf(key));

    private static float[] RealSteps(NpyArray array, int length)
    {
        int values = length * array.Shape[1];
        return array.DType == "<f4"
            ? MemoryMarshal.Cast<byte, float>(array.Bytes)[..values].ToArray()
            : array.ToSingles()[..values];
    }

    /// <summary>One recording under two names, on both sides of a split, makes the score of one side memory.</summary>
    private static void RefuseLeaks(FeatureSet features, ValidationSplit split)
    {
        var parts = features.Samples.ToDictionary(s => s.Key, s => ManifestFile.Text(s.Split));
        foreach (Sample sample in split.Train)
            parts[sample.Key] = "train";
        foreach (Sample sample in split.Validation)
            parts[sample.Key] = "held out for validation";
        foreach (Sample sample in split.Fold)
            parts[sample.Key] = "fold";
        foreach (string[] alike in RecordingFingerprints.Alike(features.Folder))
        {
            string[] here = [.. alike.Where(parts.ContainsKey)];
            if (here.Select(s => parts[s]).Distinct().Count() < 2)
                continue;
            foreach (
                var same in here.GroupBy(s =>
                    Convert.ToHexString(
                        SHA256.HashData([
                            .. features
                                .Stores.Values.Where(store => store.Contains(s))
                                .SelectMany(store => store.Load(s).Bytes),
                        ])
                    )
                )
            )
            {
                string first = same.First();
                if (same.FirstOrDefault(s => parts[s] != parts[first]) is { } other)
                    throw new InvalidDataException(
                        $"{features.Folder}: '{first}' ({parts[first]}) and '{other}' ({parts[other]}) are the same recording; a score on one "
                            + "part would be memory. Take one out of the data set (a check of it lists duplicates) and extract into a new folder."
                    ).Suggest(NextStep.CheckRecordings);
            }
        }
    }

    private void Index()
    {
        Labels = [.. Samples.Select(s => (long)LabelSet.LabelOf(s.ClassId!.Value))];
        var validation = Split.Validation.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        Train = [.. Enumerable.Range(0, Samples.Count).Where(i => !validation.Contains(Samples[i].Key))];
        Validation = [.. Enumerable.Range(0, Samples.Count).Where(i => validation.Contains(Samples[i].Key))];
        if (Train.Length == 0 || (Validation.Length == 0 && validation.Count > 0))
            throw new InvalidDataException(
                $"{Train.Length} samples to train on and {Validation.Length} to validate with have all the features asked for "
                    + $"({Skipped.Count} lack some); both need at least one. Extract again."
            ).Suggest(NextStep.ExtractFeatures);
    }

    private static InvalidDataException Lacks(Recipe recipe, Modality modality) =>
        new(
            $"Recipe '{recipe.Name}' needs {modality.Title} features, the feature folder has none. "
                + $"Extract a data set with {modality.Title} files, or choose another recipe: {string.Join(", ", RecipeFile.Names())}."
        );
}
