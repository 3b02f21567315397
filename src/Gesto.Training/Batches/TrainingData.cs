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

    /// <summary>RGB frames or maps, where the recipe's RGB encoder learns.</summary>
    public FrameSequences? RgbFrames { get; private set; }

    /// <summary>True where the features would take more memory than allowed: they stay in their stores and are read
    /// batch by batch.</summary>
    public bool OnDisk { get; private set; }

    /// <summary>RGB steps (T, F) of each sample; empty without RGB, on disk, and where it is frames.</summary>
    public List<float[]> Rgb { get; } = [];

    /// <summary>Radar frames, where the store holds frames.</summary>
    public FrameSequences? RadarFrames { get; private set; }

    /// <summary>Radar steps (T, F), where the store holds ready features and they are not on disk.</summary>
    public List<float[]> RadarFeatures { get; } = [];

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
        FeatureStore? rgb = recipe.UsesRgb ? features.Rgb ?? throw Lacks(recipe, "RGB") : null;
        FeatureStore? radar = recipe.UsesRadar ? features.Radar ?? throw Lacks(recipe, "radar") : null;
        bool frames = radar?.Key.Shape.Length == 4;
        if (
            radar is not null
            && !frames
            && recipe.Classifier == ClassifierKind.Network
            && recipe.Radar.Encoder != RadarEncoderMode.Frozen
        )
            throw new InvalidDataException(
                $"{radar.Folder}: ready radar features ({radar.Key.Encoder}), but recipe '{recipe.Name}' trains its radar encoder. "
                    + "Extract radar frames into another folder, or set radar.encoder=frozen."
            ).Suggest(NextStep.ExtractRadar, "frames");
        if (rgb is not null)
            RequireRgb(recipe, rgb);
        // A linear classifier learns from all and is chosen by cross-validation.
        ValidationSplit split = SplitOf(
            features.Samples,
            recipe.Classifier == ClassifierKind.Linear
                ? recipe.Training with
                {
                    ValidationFraction = 0,
                }
                : recipe.Training
        );
        if (pseudo is not null)
            split = split with { Train = [.. split.Train, .. pseudo.SamplesOf(features)] };
        RefuseLeaks(features, split);
        var data = new TrainingData(split, features.Labels) { Simulated = features.Simulated };
        if (recipe.LearnsRgb)
            data.RgbFrames = new FrameSequences(rgb!.Key.DType, rgb.Key.Shape.AsSpan(1));
        if (frames)
            data.RadarFrames = new FrameSequences(radar!.Key.DType, radar.Key.Shape.AsSpan(1));
        data.OnDisk =
            split.Train.Concat(split.Validation).Sum(s => BytesOf(rgb, s.Key) + BytesOf(radar, s.Key))
            > (memory ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int total = split.Train.Count + split.Validation.Count;
        var spare = new Dictionary<FeatureStore, byte[]>();
        foreach (Sample sample in split.Train.Concat(split.Validation))
        {
            cancel.ThrowIfCancellationRequested();
            Report();
            if (rgb?.Contains(sample.Key) == false || radar?.Contains(sample.Key) == false)
            {
                data.Skipped.Add(sample.Key);
                continue;
            }
            hash.AppendData(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sample.Key},{sample.ClassId}\n"))
            );
            if (rgb is not null)
                data.Take(rgb, sample.Key, data.RgbFrames, data.Rgb, hash, spare);
            if (radar is not null)
                data.Take(radar, sample.Key, data.RadarFrames, data.RadarFeatures, hash, spare);
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
        foreach (FrameSequences frames in new[] { RgbFrames, RadarFrames }.OfType<FrameSequences>())
            frames.Device = device;
    }

    private static long BytesOf(FeatureStore? store, string key) =>
        store?.Contains(key) == true
            ? (long)store.LengthOf(key)
                * NpyFile.ElementSize(store.Key.DType)
                * store.Key.Shape.Skip(1).Aggregate(1, (a, b) => a * b)
            : 0;

    /// <summary>Every array is read once and checked, also where it is not kept.</summary>
    /// <param name="store">One modality's.</param>
    /// <param name="key">The sample's.</param>
    /// <param name="frames">Where the array is kept, if it holds frames.</param>
    /// <param name="features">Where its real steps are kept otherwise.</param>
    /// <param name="hash">Takes it in.</param>
    /// <param name="spare">Memory of the arrays that are not kept themselves, a quarter of a megabyte each: used
    /// again.</param>
    private void Take(
        FeatureStore store,
        string key,
        FrameSequences? frames,
        List<float[]> features,
        IncrementalHash hash,
        Dictionary<FeatureStore, byte[]> spare
    )
    {
        bool kept = frames is not null && !OnDisk;
        NpyArray array = Read(store, key, hash, kept ? null : spare.GetValueOrDefault(store));
        if (!kept)
            spare[store] = array.Bytes;
        if (frames is not null && OnDisk)
            frames.Add(store, key);
        else if (frames is not null)
            frames.Add(array, store.LengthOf(key));
        else if (!OnDisk)
            features.Add(RealSteps(array, store.LengthOf(key)));
    }

    /// <exception cref="InvalidDataException">The store does not hold what the recipe's RGB encoder reads.</exception>
    private static void RequireRgb(Recipe recipe, FeatureStore rgb)
    {
        bool fits = recipe.Rgb.Encoder switch
        {
            RgbEncoderMode.Frames => rgb.Key.Encoder == RgbPixels.EncoderName,
            RgbEncoderMode.LastStage => rgb.Key.Encoder.EndsWith(ResNet50Network.MapsSuffix, StringComparison.Ordinal),
            _ => rgb.Key.Shape.Length == 2,
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
        FeatureStore[] stores = [.. new[] { features.Rgb, features.Radar }.OfType<FeatureStore>()];
        foreach (string[] alike in RecordingFingerprints.Alike(features.Folder))
        {
            string[] here = [.. alike.Where(parts.ContainsKey)];
            if (here.Select(s => parts[s]).Distinct().Count() < 2)
                continue;
            foreach (
                var same in here.GroupBy(s =>
                    Convert.ToHexString(SHA256.HashData([.. stores.SelectMany(store => store.Load(s).Bytes)]))
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

    private static InvalidDataException Lacks(Recipe recipe, string modality) =>
        new(
            $"Recipe '{recipe.Name}' needs {modality} features, the feature folder has none. "
                + $"Extract a data set with {modality} files, or choose another recipe: {string.Join(", ", RecipeFile.Names())}."
        );
}
