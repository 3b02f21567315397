using System.CommandLine;
using System.Globalization;
using Gesto.Radar;
using Gesto.Training;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Video;

namespace Gesto.Cli;

/// <summary>`gesto extract`: videos → features.</summary>
internal static class ExtractCommand
{
    /// <summary>Arithmetic of the RGB encoder.</summary>
    private enum Precision
    {
        Fp32,
        Int8,
    }

    /// <summary>What is stored of RGB.</summary>
    private enum RgbKind
    {
        /// <summary>ResNet50's 2048 features.</summary>
        Features,

        /// <summary>Small frames, for an encoder that learns from scratch with the fusion model.</summary>
        Frames,

        /// <summary>What ResNet50's last stage reads, for training that stage on.</summary>
        Maps,

        /// <summary>Nothing: no pixel, and no feature of one.</summary>
        None,
    }

    /// <summary>How frames are spread over a recording.</summary>
    private enum Spread
    {
        Index,
        Time,
    }

    private enum FeatureType
    {
        Float32,
        Float16,
    }

    /// <summary>Maps are 400 kB a frame.</summary>
    private const int MapFrames = 8;

    public static Command Build()
    {
        var dataset = new Argument<string>("DATASET")
        {
            Description = "Folder with manifest.csv, or with train/, val/, test/.",
        };
        var features = new Argument<string>("FEATURES")
        {
            Description = "Folder to write; run the same command again to go on after an interruption.",
        };
        var root = DatasetOption.Root();
        var policy = new Option<ExtractionPolicy>("--policy")
        {
            Description = "A sample that cannot be read: fail, or skip it and list it in skipped.json.",
        };
        var rgb = new Option<RgbKind>("--rgb")
        {
            Description =
                "Store ResNet50's features, small RGB frames (recipes early, end-to-end), the float16 maps that ResNet50's last stage reads (recipe last-stage), or nothing.",
        };
        var landmarks = new Option<bool>("--landmarks")
        {
            Description =
                "Also find the joints of body and hands in the RGB videos ('gesto weights --landmarks' fetches the networks); where the data set has files of landmarks, these are taken.",
        };
        var tracking = new Option<bool>("--tracking")
        {
            Description =
                "With --landmarks: look where body and hands were in the sampled frame before instead of in each frame by itself.",
        };
        var hands = new Option<HandCrops>("--hand-crops")
        {
            Description =
                "ResNet50's features of the hands, cut out of the frames' own pixels: alone, or beside those of the whole frames ('gesto weights --landmarks' fetches the networks that find hands).",
        };
        var rgbSize = new Option<int>("--rgb-size")
        {
            Description = "Side of stored RGB frames, pixels.",
            DefaultValueFactory = _ => new RgbOptions().Side,
        };
        var rgbFrames = new Option<int?>("--rgb-frames")
        {
            Description =
                $"RGB frames taken of a recording at most (default {FrameSampling.Default.Length}; of --rgb maps {MapFrames}).",
        };
        var radarFrames = new Option<int>("--radar-frames")
        {
            Description = "Radar frames taken of a recording at most.",
            DefaultValueFactory = _ => FrameSampling.Default.Length,
        };
        var sampling = new Option<Spread>("--sampling")
        {
            Description =
                "Take frames of a video evenly by index, or evenly in time: for videos of an uneven frame rate, which 'gesto check' notes.",
        };
        var fit = new Option<FrameFit>("--fit")
        {
            Description =
                "RGB frames that are no squares: squash them, pad them with the mean colour, or crop the middle.",
        };
        var radar = new Option<string>("--radar")
        {
            Description = "Store radar frames, or the source project's frozen random features.",
            DefaultValueFactory = _ => "frames",
        };
        radar.AcceptOnlyFromAmong("frames", "source");
        var size = new Option<string?>("--radar-size")
        {
            Description = "Stored radar frames, RANGExDOPPLER (default 64x64; .npy keeps its own size).",
        };
        var rows = new Option<string?>("--radar-rows")
        {
            Description = "Range bins kept, FIRST:END (MultiMeDaLIS: 50:200).",
        };
        var columns = new Option<string?>("--radar-columns")
        {
            Description = "Doppler bins kept, FIRST:END (MultiMeDaLIS: 300:724).",
        };
        Option<string?> axes = RadarAxesOption.Build();
        var weights = new Option<string>("--weights")
        {
            Description = "RGB encoder: auto, torchvision, npm or a file, as in 'gesto weights --source'.",
            DefaultValueFactory = _ => "auto",
        };
        var precision = new Option<Precision>("--precision")
        {
            Description =
                "RGB encoder in fp32, or int8: features close to fp32's, calibrated on the data set, with a key of their own.",
        };
        var store = new Option<FeatureType>("--store")
        {
            Description = "RGB features as float32, or as float16: half the disk.",
        };
        var shard = new Option<string?>("--shard")
        {
            Description =
                "Only part NUMBER/COUNT of the data set, e.g. 2/4; 'gesto merge FEATURES' puts the parts together.",
        };
        Option<int> threads = ThreadsOption.Build("Samples encoded at the same time, one thread each.");
        Option<int?> decoders = ThreadsOption.BuildOptional(
            "ffmpeg processes at the same time (default: half of --threads, 2 at least; with --device cuda all of them).",
            "--decoders"
        );
        var device = DeviceOption.Build("runs ResNet50 in float32");
        var seed = new Option<int>("--seed") { Description = "Seed of the random encoder of '--radar source'." };
        var command = new Command(
            "extract",
            "Turn recordings into RGB features and sampled radar frames. Resumable at any point; nothing is done twice.\n\n"
                + "Example:  gesto extract recordings features --policy skip"
        )
        {
            dataset,
            features,
            root,
            policy,
            rgb,
            landmarks,
            tracking,
            hands,
            rgbSize,
            rgbFrames,
            sampling,
            fit,
            radar,
            radarFrames,
            size,
            rows,
            columns,
            axes,
            weights,
            precision,
            store,
            shard,
            threads,
            decoders,
            device,
            seed,
        };
        foreach (Option option in new Option[] { rgbSize, rgbFrames, radarFrames })
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int n) && n < 1)
                    result.AddError($"{option.Name}: at least 1.");
            });
        command.SetAction(
            (parse, cancel) =>
                Task.Run(
                    () =>
                    {
                        RgbKind kind = parse.GetValue(rgb);
                        bool found = parse.GetValue(landmarks),
                            crops = parse.GetValue(hands) != HandCrops.None;
                        if (parse.GetValue(tracking) && !found && !crops)
                            throw new InvalidDataException("--tracking goes with --landmarks or --hand-crops.");
                        if (crops && (kind != RgbKind.Features || parse.GetValue(precision) == Precision.Int8))
                            throw new InvalidDataException(
                                "--hand-crops are features in float32: leave --rgb and --precision out."
                            );
                        if (kind != RgbKind.Features && parse.GetValue(precision) == Precision.Int8)
                            throw new InvalidDataException(
                                "--precision int8 makes features; --rgb frames and --rgb maps are what they are."
                            );
                        if (kind != RgbKind.Features && parse.GetValue(store) == FeatureType.Float16)
                            throw new InvalidDataException(
                                "--store float16 is for features; --rgb frames are bytes, and --rgb maps are float16 already."
                            );
                        ComputeDevice on = DeviceOption.Of(parse, device) ?? ComputeDevice.Cpu;
                        if (on != ComputeDevice.Cpu && parse.GetValue(precision) == Precision.Int8)
                            throw new InvalidDataException(
                                "--precision int8 is for processors; with --device cuda features are computed in float32."
                            );
                        if (on != ComputeDevice.Cpu && kind is (RgbKind.Frames or RgbKind.None))
                            throw new InvalidDataException(
                                $"--device {on} runs ResNet50, and --rgb {kind.ToString().ToLowerInvariant()} needs none: leave --device out."
                            );
                        int count = parse.GetValue(threads);
                        CoreClaim.Take(shared: parse.GetResult(threads) is { Implicit: false });
                        var options = new ExtractionOptions
                        {
                            Policy = parse.GetValue(policy),
                            DecodeThreads = parse.GetValue(decoders)
                                // landmarks are found, and hands encoded, by the thread that decodes
                                ?? Math.Max(2, on == ComputeDevice.Cpu && !found && !crops ? count / 2 : count),
                            LandmarksOfVideos = found,
                            LandmarkTracking = parse.GetValue(tracking),
                            HandCrops = parse.GetValue(hands),
                            WithoutRgb = kind == RgbKind.None,
                            Rgb = new RgbOptions
                            {
                                Encoding = kind switch
                                {
                                    RgbKind.Frames => RgbEncoding.Frames,
                                    RgbKind.Maps => RgbEncoding.Maps,
                                    _ => RgbEncoding.Features,
                                },
                                Weights = parse.GetValue(weights)!,
                                InEightBits = parse.GetValue(precision) == Precision.Int8,
                                Side = parse.GetValue(rgbSize),
                                Device = on,
                                Threads = count,
                                Notes = StandardErrorNotes.Instance,
                            },
                            RgbSampling = new FrameSampling(
                                parse.GetValue(rgbFrames)
                                    ?? (kind == RgbKind.Maps ? MapFrames : FrameSampling.Default.Length)
                            )
                            {
                                EvenInTime = parse.GetValue(sampling) == Spread.Time,
                            },
                            RgbFit = parse.GetValue(fit),
                            RadarSampling = new FrameSampling(parse.GetValue(radarFrames))
                            {
                                EvenInTime = parse.GetValue(sampling) == Spread.Time,
                            },
                            Float16 = parse.GetValue(store) == FeatureType.Float16,
                            Shard = parse.GetValue(shard) is { } part ? Shard.Parse(part) : null,
                            Radar = new RadarFormat
                            {
                                Size = parse.GetValue(size) is { } text ? ParseSize(text) : null,
                                Rows = parse.GetValue(rows) is { } r ? BinRange.Parse(r) : null,
                                Columns = parse.GetValue(columns) is { } c ? BinRange.Parse(c) : null,
                                Axes = RadarAxesOption.Of(parse, axes),
                            },
                            Source =
                                parse.GetValue(radar) == "source"
                                    ? RadarSourceEncoder.Create(parse.GetValue(seed))
                                    : null,
                        };
                        Dataset data = DatasetOption.Open(parse.GetRequiredValue(dataset), parse.GetValue(root));
                        string folder = parse.GetRequiredValue(features);
                        return Extract(data, folder, options, cancel);
                    },
                    cancel
                )
        );
        return command;
    }

    /// <summary>Also called by `gesto demo`.</summary>
    internal static int Extract(Dataset data, string folder, ExtractionOptions options, CancellationToken cancel)
    {
        ExtractionResult result = ProgressBar.Run(progress => Extraction.Run(data, folder, options, progress, cancel));
        foreach (SkippedSample skipped in result.Skipped)
            Console.Error.WriteLine($"skipped {skipped.Sample}: {skipped.Message}");
        Console.Error.WriteLine(
            $"{folder}: {result.Extracted} samples extracted, {result.AlreadyDone} were done before, {result.Skipped.Count} skipped."
        );
        foreach ((string modality, int lacking) in result.Lacking)
            Console.Error.WriteLine(
                $"{lacking} samples have no {modality}: runs that can do without it (linear, or model.modalityDropout) learn from them, others pass them over."
            );
        return ExitCode.Done;
    }

    /// <exception cref="InvalidDataException">Not of the form 64x64.</exception>
    private static (int Rows, int Columns) ParseSize(string text)
    {
        string[] sides = text.Split('x');
        return
            sides.Length == 2
            && int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int rows)
            && int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int columns)
            && rows is > 0 and <= 1024
            && columns is > 0 and <= 1024
            ? (rows, columns)
            : throw new InvalidDataException(
                $"--radar-size '{text}': expected RANGExDOPPLER with sides of 1 to 1024, e.g. 64x64."
            );
    }
}
