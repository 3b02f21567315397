using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Simulation;

/// <summary>Writes a simulated data set in a layout of the challenge, with manifest, key and a plain word on what it
/// is.</summary>
/// <remarks>Bytes depend on the options and the ffmpeg version alone, not on threads or interruptions. A sample is made
/// in a folder with a temporary name and renamed when it is whole.</remarks>
public static class DatasetWriter
{
    /// <summary>Raised when the same options begin to give other data.</summary>
    internal const int Version = 1;

    /// <summary>Says in words what the data are.</summary>
    private const string OptionsFile = "simulation.json";
    private const string LockFile = ".simulate.lock";

    /// <param name="root">The data set's folder; made where absent.</param>
    /// <param name="options">What to simulate.</param>
    /// <param name="progress">Told after each sample.</param>
    /// <param name="cancel">Stops between samples and kills running encoders; finished samples stay, and the same call
    /// goes on from there.</param>
    /// <exception cref="InvalidDataException">An option is out of range, or the folder holds a simulation with
    /// others.</exception>
    /// <exception cref="IOException">The folder is not empty, cannot be written, or another simulation is writing
    /// there.</exception>
    /// <exception cref="FileNotFoundException">There is no ffmpeg program; the 2026 layout needs none.</exception>
    /// <returns>Samples made now; the others were there before.</returns>
    public static int Write(
        string root,
        SimulationOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        IReadOnlyList<PlannedSample> samples = SimulationPlan.Make(options);
        if (File.Exists(root))
            throw new IOException($"{root} is a file; give the folder of the new data set.");
        using FileStream running = FolderLock.Take(root, LockFile, "another simulation is writing here");
        PrepareRoot(root, options);
        int done = 0,
            made = 0;
        using var recorders = new ThreadLocal<SampleRecorder>(() => new SampleRecorder(options));
        progress?.Report(new WorkProgress("simulate", 0, samples.Count, "samples"));
        try
        {
            // Not in chunks: the samples' costs differ, and a killed run should leave whole ones from the front.
            var one = new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancel };
            Parallel.ForEach(Partitioner.Create(samples, EnumerablePartitionerOptions.NoBuffering), one, sample =>
            {
                if (WriteSample(root, sample, recorders.Value!, cancel))
                    Interlocked.Increment(ref made);
                progress?.Report(
                    new WorkProgress("simulate", Interlocked.Increment(ref done), samples.Count, "samples")
                );
            });
        }
        catch (AggregateException e)
        {
            cancel.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        Sample[] labelled = [.. samples.Select(s => s.ToSample())];
        LabelKeyFile.Write(
            Path.Combine(root, LabelKeyFile.FileName),
            labelled.Where(s => s.Split != Split.Train).OrderBy(s => s.Split).ThenBy(s => s.Number)
        );
        AtomicFile.WriteText(Path.Combine(root, Dataset.SimulatedFile), Explanation(options, samples));
        // Last: a data set with a manifest is whole.
        ManifestFile.Write(
            Path.Combine(root, ManifestFile.FileName),
            labelled.Select(s => s.Split == Split.Train ? s : s with { ClassId = null, ClassName = null })
        );
        return made;
    }

    private static void PrepareRoot(string root, SimulationOptions options)
    {
        string path = Path.Combine(root, OptionsFile),
            json = options.ToJson();
        if (!File.Exists(path))
        {
            if (Directory.EnumerateFileSystemEntries(root).Any(f => Path.GetFileName(f) != LockFile))
                throw new IOException($"{root} is not empty and holds no simulation; give a new folder.");
            AtomicFile.WriteText(path, json);
            return;
        }
        string there = File.ReadAllText(path);
        if (there == json)
            return;
        if (!options.Replace)
            throw new InvalidDataException(
                $"{path}: this simulation was made with other options. "
                    + "Give the same ones to go on with it, or let it be replaced."
            ).Suggest(NextStep.Replace);
        OwnFiles.Remove(root, SimulationOptions.FromJson(there, path), OptionsFile);
        AtomicFile.WriteText(path, json);
    }

    /// <returns>False where it was there before.</returns>
    private static bool WriteSample(
        string root,
        PlannedSample sample,
        SampleRecorder recorder,
        CancellationToken cancel
    )
    {
        if (OwnFiles.AreThere(root, sample))
            return false;
        string folder = OwnFiles.PathOf(root, sample.Key),
            temporary = OwnFiles.UnfinishedFolder(root, sample);
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true); // left by a killed run
        Directory.CreateDirectory(temporary);
        try
        {
            recorder.Record(sample, temporary, cancel);
            if (Directory.Exists(folder))
                MoveFiles(temporary, folder); // somebody's own files are in it
            else
                Directory.Move(temporary, folder);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
        return true;
    }

    private static void MoveFiles(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from))
            File.Move(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        Directory.Delete(from);
    }

    private static string Explanation(SimulationOptions options, IReadOnlyList<PlannedSample> samples)
    {
        (int train, int validation, int test) = options.SignersPerSplit();
        return $"""
            # Simulated data, not sign language

            Gesto's simulator made these {samples.Count} recordings. The motion is invented: the classes borrow names from a list of
            medical signs and letters, but no movement here is LIS (Italian Sign Language), no person was recorded, and no accuracy
            measured here says anything about real signing. The data exist so that Gesto can be run and tested without licensed data.

            - Signers: {train} train, {validation} validation, {test} test; no signer is in two splits. A session is one signer's take of all signs.
            {(
                options.Layout == SampleLayout.Challenge2026 ? RangeTimeMaps(options)
                : options.RawRadar ? Raw(options)
                : Videos(options)
            )}{(options.Landmarks ? "\n" + Landmarks : "")}
            - `manifest.csv` names every sample; `key.csv` holds the labels of val and test: keep it away from training.

            Options (`simulation.json`):

            ```json
            {options.ToJson().TrimEnd()}
            ```

            """;
    }

    private const string Landmarks = """
        - Landmarks: `SAMPLE_n_LANDMARKS.npy`, float32 (T, 258): the skeleton's own joints as the camera sees them (nine of the body's 33,
          all of the hands), with a detector's noise, lost and exchanged hands. No detector saw the drawn pictures.
        """;

    private static string Videos(SimulationOptions options) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            - RGB: drawn from an articulated skeleton, {options.Width}x{options.Height}, {options.FrameRateHz} frames a second.
            - Radar: the same motion seen by a simulated 60 GHz radar with three antennas; row = range from near to far, column = radial
              velocity, zero in the middle, positive (receding) to the right;
              grey 0…255 is linear in dB from {RadarRecorder.BlackDb} to {RadarRecorder.WhiteDb} (relative to 1 V²).
            """
        );

    private static string Raw(SimulationOptions options)
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(options.RangeBins, options.DopplerBins);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            - RGB: drawn from an articulated skeleton, {options.Width}x{options.Height}, {options.FrameRateHz} frames a second.
            - Radar: the same motion seen by a simulated 60 GHz radar with three antennas, as raw sessions in the form of Infineon's BGT60TR13C kit:
              `{InfineonSession.Folder}/{InfineonSession.DataFile}`, <u2 (frames, 3, {waveform.ChirpsPerFrame} chirps, {waveform.SamplesPerChirp} samples), 12 bits, full scale {SampleRecorder.ConverterVolts} V.
            """
        );
    }

    private static string RangeTimeMaps(SimulationOptions options)
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(options.RangeBins, options.DopplerBins);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            - Radar alone: the motion seen by a simulated 60 GHz radar with three antennas. `SAMPLE_n_RTM1.npy` … `RTM3.npy` are range-time
              maps, float32 (T, {options.RangeBins}), {waveform.FrameRateHz} frames a second, dB relative to 1 V²: the power of a range bin averaged
              over {options.DopplerBins} chirps; bin r is {waveform.RangeResolutionMetres * 100:0.00} cm · r away.
            """
        );
    }
}
