using System.CommandLine;
using System.Globalization;
using Gesto.Training.Simulation;

namespace Gesto.Cli;

internal static class SimulateCommand
{
    public static Command Build()
    {
        var defaults = new SimulationOptions();
        var output = new Argument<string>("OUT") { Description = "Folder of the new data set." };
        var classes = WithDefault("--classes", defaults.Classes, "Signs, 2 to 126; always NO and SI, a fifth letters.");
        var signers = WithDefault("--signers", defaults.Signers, "Signers of all splits together.");
        var takes = WithDefault("--takes", defaults.Takes, "Takes of every sign by every signer.");
        var seed = WithDefault("--seed", defaults.Seed, "The same seed and options give the same bytes.");
        var validation = new Option<int?>("--val-signers")
        {
            Description = "Signers of val; default 1 where there are 4 or more, else 0.",
        };
        var test = new Option<int?>("--test-signers") { Description = "Signers of test; default a third." };
        var rate = WithDefault("--fps", defaults.FrameRateHz, "RGB frames a second.");
        var layout = WithDefault(
            "--layout",
            "2025",
            "Edition of the challenge: 2025 = RGB and range-Doppler videos, 2026 = range-time maps .npy and no RGB."
        );
        layout.AcceptOnlyFromAmong("2025", "2026");
        var size = WithDefault("--size", "320x240", "RGB picture, width x height.");
        var form = WithDefault(
            "--radar",
            "maps",
            "Radar of the 2025 layout: maps = range-Doppler videos, raw = sessions of 12-bit samples as Infineon's kit writes them."
        );
        form.AcceptOnlyFromAmong("maps", "raw");
        var radar = new Option<string?>("--radar-size")
        {
            Description =
                "Range bins x chirps of a frame (= Doppler bins), powers of two. Default 64x128, and 256x64 with --layout 2026; "
                + "the challenge has 256x1024, and 256 range bins in 2026.",
        };
        var landmarks = new Option<bool>("--landmarks")
        {
            Description =
                "Joints of body and hands beside each video, with a detector's noise, drop-outs and swapped hands.",
        };
        Option<int> threads = ThreadsOption.Build("Samples made at the same time.");
        var force = new Option<bool>("--force")
        {
            Description = "Replace a simulation with other options that is in OUT: its files are removed, no others.",
        };
        var command = new Command(
            "simulate",
            "Write simulated recordings (RGB and radar of invented motion, not LIS) in the challenge's layout.\n"
                + "Example: gesto simulate data/small --classes 12 --signers 6 --takes 2 --seed 7\n"
                + "Example: gesto simulate data/radar --layout 2026 --classes 12"
        )
        {
            output,
            classes,
            signers,
            takes,
            seed,
            validation,
            test,
            layout,
            rate,
            size,
            form,
            radar,
            landmarks,
            threads,
            force,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                (int width, int height) = Size(parsed.GetValue(size)!, "--size", "320x240");
                SimulationOptions edition =
                    parsed.GetValue(layout) == "2026" ? SimulationOptions.Challenge2026 : defaults;
                (int range, int doppler) = parsed.GetValue(radar) is { } text
                    ? Size(text, "--radar-size", "64x128")
                    : (edition.RangeBins, edition.DopplerBins);
                SimulationOptions options = edition with
                {
                    Classes = parsed.GetValue(classes),
                    Signers = parsed.GetValue(signers),
                    Takes = parsed.GetValue(takes),
                    Seed = parsed.GetValue(seed),
                    ValidationSigners = parsed.GetValue(validation),
                    TestSigners = parsed.GetValue(test),
                    FrameRateHz = parsed.GetValue(rate),
                    Width = width,
                    Height = height,
                    RawRadar = parsed.GetValue(form) == "raw",
                    Landmarks = parsed.GetValue(landmarks),
                    RangeBins = range,
                    DopplerBins = doppler,
                    Threads = parsed.GetValue(threads),
                    Replace = parsed.GetValue(force),
                };
                string root = parsed.GetValue(output)!;
                int made = ProgressBar.Run(progress => DatasetWriter.Write(root, options, progress, cancel));
                if (made == 0)
                    Console.Error.WriteLine($"{root}: every sample of these options was there already.");
                Console.Error.WriteLine(
                    $"{root}: simulated motion, not LIS; see SIMULATED.md. Next: gesto check {root}"
                );
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    private static Option<T> WithDefault<T>(string name, T value, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static (int First, int Second) Size(string text, string option, string example)
    {
        string[] parts = text.Split('x', 'X');
        return
            parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int second)
            ? (first, second)
            : throw new InvalidDataException($"{option} '{text}' is not a size; write it as {example}.");
    }
}
