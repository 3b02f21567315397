using System.Runtime.InteropServices;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Video;

namespace Gesto.Inference;

/// <summary>What a recogniser says about one recording.</summary>
/// <param name="Probabilities">(K), in the order of the recogniser's labels.</param>
/// <param name="Used">What of the recording it rests on; <see cref="IRecogniser.Masks"/> begins with
/// everything.</param>
internal sealed record VideoPrediction(float[] Probabilities, ModalityMask Used);

/// <summary>A recording as its recogniser takes it.</summary>
/// <param name="Features">What is recognised.</param>
/// <param name="Used">As <see cref="VideoPrediction.Used"/>.</param>
/// <param name="Frames">The frames that the RGB features are of, (T, FrameSize, FrameSize, 3); null where RGB is not
/// used.</param>
/// <param name="FrameSize">Their side, pixels; 0 without.</param>
internal sealed record ReadRecording(
    PerModality<RecordingSteps> Features,
    ModalityMask Used,
    Video.Clip? Frames,
    int FrameSize
);

/// <summary>Recognises signs straight from recordings: the same reading, cutting and encoding as an extraction, in
/// this process, nothing kept on disk.</summary>
/// <remarks>Not thread-safe. Takes over neither the recogniser nor the encoder: the caller disposes both.</remarks>
internal sealed class VideoPredictor : IDisposable
{
    private readonly IRecogniser recogniser;
    private readonly IRgbEncoder? encoder;
    private readonly RadarFormat radar;
    private readonly PerModality<IStepReader> others = PerModality<IStepReader>.None;
    private readonly VideoLandmarkReader? finder;
    private readonly HandCropReader? hands;
    private SampleReader? latest;
    private WaitingDecoder? waiting;

    /// <param name="recogniser">The run.</param>
    /// <param name="encoder">The RGB encoder the run was trained with; null where its recipe uses no RGB.</param>
    /// <param name="videoLandmarks">Opens what finds landmarks in videos, as their feature key says, for a run that
    /// learnt from such or from hand crops; null where there is none.</param>
    /// <exception cref="InvalidDataException">The encoder is not the one trained with; or the run was trained on radar
    /// features that were encoded while extracting, or on landmarks or hands found in videos, and nothing here finds
    /// such.</exception>
    public VideoPredictor(
        IRecogniser recogniser,
        IRgbEncoder? encoder,
        Func<FeatureKey, IStepReader>? videoLandmarks = null
    )
    {
        (this.recogniser, this.encoder) = (recogniser, encoder);
        if (RgbKey is { } rgb)
            CheckEncoder(rgb, encoder);
        if (RadarKey is { IsFrames: false } ready)
            throw new InvalidDataException(
                $"The run was trained on ready radar features ({ready.Encoder}), which are made while extracting. Extract the recordings "
                    + "with the source project's radar encoder and predict those features, or train on radar frames."
            ).Suggest(NextStep.ExtractRadar, "source");
        // Frames must be cut and sized as those trained on: the feature key says how.
        radar = RadarKey is { } frames ? RadarFormat.Parse(frames.Preprocessing) : RadarFormat.Default;
        try
        {
            if (RgbKey is { } steps && HandCropReader.FinderOf(steps) is { } wanted)
            {
                finder = (VideoLandmarkReader)(videoLandmarks ?? throw NoLandmarker())(wanted);
                hands = new(encoder!, finder, HandCropReader.PicturesOf(steps) > 2, FitOf(steps), encoder!.Concurrency);
                Check(Modality.Rgb, steps, hands.Key with { DType = steps.DType });
            }
            foreach ((Modality modality, FeatureKey key) in recogniser.Keys)
                if (modality.Open is { } open)
                {
                    IStepReader reader =
                        key.Encoder != VideoLandmarkReader.EncoderName ? open(key)
                        : finder is not null && key.DifferenceTo(finder.Key) is null ? finder
                        : (videoLandmarks ?? throw NoLandmarker())(key);
                    others = others.With(modality, reader);
                    Check(modality, key, reader.Key);
                }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static void Check(Modality modality, FeatureKey trained, FeatureKey read)
    {
        if (trained.DifferenceTo(read) is { } difference)
            throw new InvalidDataException(
                $"The run was trained on {modality.Title} steps made differently ({difference})."
            );
    }

    private static FrameFit FitOf(FeatureKey rgb) => FrameFits.Parse(HandCropReader.WithoutHands(rgb)).Fit;

    private FeatureKey? RgbKey => recogniser.Keys[Modality.Rgb];

    private FeatureKey? RadarKey => recogniser.Keys[Modality.Radar];

    /// <param name="root">Folder that the sample's paths are relative to.</param>
    /// <param name="sample">Which files to read.</param>
    /// <param name="cancel">Stops the decoder; noticed between files.</param>
    /// <exception cref="FileNotFoundException">A modality or an antenna is missing that the recogniser was not taught
    /// to do without.</exception>
    /// <exception cref="IOException">A file cannot be trusted.</exception>
    public VideoPrediction Predict(string root, Sample sample, CancellationToken cancel)
    {
        ReadRecording read = Read(root, sample, cancel);
        return new(recogniser.Predict(read.Features, read.Used), read.Used);
    }

    /// <summary>Starts the decoder for the next recording, which is answered sooner then by the time that `ffmpeg`
    /// takes to start: for a program that waits for one. Does nothing before the first recording, whose kinds of files
    /// the next one is expected to have; others are recognised as well.</summary>
    /// <exception cref="FfmpegStartException">The program cannot be started any more.</exception>
    public void GetReady() => waiting ??= latest?.StartDecoder();

    /// <summary>A decoder waits.</summary>
    internal bool IsReady => waiting is not null;

    /// <summary>Ends the decoder that waits.</summary>
    public void Dispose()
    {
        waiting?.Dispose();
        waiting = null;
        foreach (IStepReader reader in others.Values.Append(hands).Append(finder).OfType<IStepReader>().Distinct())
            reader.Dispose();
    }

    /// <summary>Reads and encodes, but does not recognise. Parameters and errors as in <see cref="Predict"/>.</summary>
    internal ReadRecording Read(string root, Sample sample, CancellationToken cancel)
    {
        string place = PlaceOf(root, sample);
        if (others[Modality.Landmarks] is VideoLandmarkReader && sample.Has(Modality.Rgb))
            sample = sample with { Files = sample.Files.With(Modality.Landmarks, sample.Files[Modality.Rgb]) };
        using WaitingDecoder? ready = waiting;
        waiting = null;
        var reader = new SampleReader(root, radar, rgbSampling: SamplingOf(RgbKey), radarSampling: SamplingOf(RadarKey))
        {
            RgbFit = RgbKey is { } rgb ? FitOf(rgb) : default,
            Waiting = ready,
        };
        ModalityMask used = Offered(reader, sample);
        if (!recogniser.CanUse(used.Hiding()))
            foreach (Modality modality in recogniser.Keys.Modalities.Where(m => !used.Uses(m)))
                throw Missing(
                    place,
                    modality == Modality.Rgb ? "RGB video (…_RGB.mkv in its folder, or a file named as RGB)"
                        : modality == Modality.Radar
                            ? "radar (…_RDM1.mp4 to …_RDM3.mp4 in its folder, or files named as radar)"
                        : $"{modality.Title} (…_{modality.Suffixes[0][0]} in its folder)"
                );
        HandCropReader.Hands? shown =
            hands is not null && used.Uses(Modality.Rgb)
                ? hands.Read(reader.PathOf(sample.Files[Modality.Rgb]![0]!), cancel)
                : null;
        PerModality<RecordingSteps> further = others.Select(
            (modality, of) =>
                !used.Uses(modality) ? null
                : of == finder && shown is not null ? shown.Landmarks
                : of.Read([.. sample.Files[modality]!.Select(f => f is null ? null : reader.PathOf(f))], cancel)
        );
        // One decoder for all files; the encoder, which takes most of the time, begins with the first frame.
        using EncodingAhead? encoding = used.Uses(Modality.Rgb) && shown is null ? new(encoder!) : null;
        (Video.Clip? seen, RadarClip? radarClip) =
            encoding is not null || used.Uses(Modality.Radar)
                ? reader.Read(
                    new(sample, encoding is null ? null : encoder!.InputSize, used.Uses(Modality.Radar)),
                    AntennasWanted(used),
                    cancel,
                    encoding is null ? null : encoding.Offer
                )
                : default;
        latest = reader;
        if (radarClip is not null)
            radarClip = Complete(radarClip, used, place);
        cancel.ThrowIfCancellationRequested();
        return Join(encoding?.Finish(seen!) ?? shown?.Rgb.Values, seen ?? shown?.Frames, radarClip, further, used);
    }

    /// <summary>Encodes frames in memory. Errors as of <see cref="Predict"/>.</summary>
    internal ReadRecording Read(string name, RgbFrames? rgb, RadarFrames? maps, CancellationToken cancel)
    {
        var used = ModalityMask.Of(
            recogniser.Keys.Modalities.Where(m =>
                m == Modality.Rgb || others[m] is VideoLandmarkReader
                    ? rgb is not null
                    : m == Modality.Radar && maps is not null
            )
        );
        if (!recogniser.CanUse(used))
            throw new InvalidDataException(
                $"{name}: it has {used} of what '{recogniser.Name}' takes, which is {recogniser.Masks[0]}."
            );
        Video.Clip? seen = null;
        float[]? features = null;
        HandCropReader.Hands? shown = null;
        if (used.Uses(Modality.Rgb) && hands is not null)
        {
            shown = hands.Read(name, rgb!, cancel);
            (features, seen) = (shown.Rgb.Values, shown.Frames);
        }
        else if (used.Uses(Modality.Rgb))
        {
            RgbFrames frames = rgb!;
            var format = new ClipFormat(Colour: true, encoder!.InputSize, encoder.InputSize) { Fit = FitOf(RgbKey!) };
            int[] chosen = SamplingOf(RgbKey)!.Indices(frames.Count);
            var resized = new byte[chosen.Length * format.BytesPerFrame];
            var cut = new FrameCut(format);
            int bytes = frames.Width * frames.Height * 3;
            for (int t = 0; t < chosen.Length; t++)
            {
                cancel.ThrowIfCancellationRequested();
                cut.Resize(
                    frames.Width,
                    frames.Height,
                    frames.Pixels.Span.Slice(chosen[t] * bytes, bytes),
                    resized.AsSpan(t * format.BytesPerFrame, format.BytesPerFrame)
                );
            }
            seen = new(resized, chosen.Length, frames.Count);
            using var encoding = new EncodingAhead(encoder);
            features = encoding.Finish(seen);
        }
        RadarClip? clip = used.Uses(Modality.Radar) ? InMemory(name, maps!) : null;
        PerModality<RecordingSteps> further = others.Select(
            (modality, of) =>
                !used.Uses(modality) || of is not VideoLandmarkReader landmarks ? null
                : of == finder && shown is not null ? shown.Landmarks
                : landmarks.Read(name, rgb!, cancel)
        );
        return Join(features, seen, clip, further, used);
    }

    private RadarClip InMemory(string name, RadarFrames frames)
    {
        FeatureKey key = RadarKey!;
        if (key.Shape is not [_, int antennas, int rows, int columns])
            throw new InvalidDataException($"{name}: '{recogniser.Name}' takes radar features, not maps.");
        if ((frames.Antennas, frames.Rows, frames.Columns) != (antennas, rows, columns))
            throw new InvalidDataException(
                $"{name}: radar maps of {frames.Antennas} antennas, {frames.Rows} x {frames.Columns}; '{recogniser.Name}' takes {antennas}, {rows} x {columns}."
            );
        int[] chosen = SamplingOf(key)!.Indices(frames.Count);
        int map = antennas * rows * columns;
        var values = new float[chosen.Length * map];
        for (int t = 0; t < chosen.Length; t++)
            frames.Values.Span.Slice(chosen[t] * map, map).CopyTo(values.AsSpan(t * map));
        return new("<f4", MemoryMarshal.AsBytes<float>(values).ToArray(), chosen.Length, antennas, rows, columns);
    }

    private ReadRecording Join(
        float[]? features,
        Video.Clip? seen,
        RadarClip? radarClip,
        PerModality<RecordingSteps> further,
        ModalityMask used
    )
    {
        // Learnt from rounded features, it is given rounded ones.
        if (features is not null && RgbKey!.DType == "<f2")
            features = Array.ConvertAll(features, v => (float)(Half)v);
        float[]? frames = radarClip switch
        {
            null => null,
            { DType: "|u1" } => Array.ConvertAll(radarClip.Bytes, b => (float)b),
            _ => MemoryMarshal.Cast<byte, float>(radarClip.Bytes).ToArray(),
        };
        return new(
            further
                .With(Modality.Rgb, features is null ? null : new(features, seen!.Length, RgbKey!.Shape[1..]))
                .With(
                    Modality.Radar,
                    frames is null
                        ? null
                        : new(frames, radarClip!.Length, [radarClip.Antennas, radarClip.Rows, radarClip.Columns])
                ),
            used,
            seen,
            seen is null ? 0 : encoder!.InputSize
        );
    }

    /// <returns>For messages: the sample's only file, else the folder of its files.</returns>
    private static string PlaceOf(string root, Sample sample)
    {
        string[] files = [.. sample.Files.Values.SelectMany(f => f).OfType<string>()];
        return Path.Combine(
            root,
            files.Length switch
            {
                0 => "",
                1 => files[0],
                _ => Path.GetDirectoryName(files[0]) ?? "",
            }
        );
    }

    /// <summary>Where an antenna cannot be done without, reading as many as there must be says which one is
    /// missing.</summary>
    private int? AntennasWanted(ModalityMask used) =>
        used.Uses(Modality.Radar) ? RadarKey!.Shape[1] - Hidden(used).Count : null;

    private IReadOnlyList<int> Hidden(ModalityMask used) => recogniser.CanUse(used) ? used.HiddenAntennas : [];

    private RadarClip Complete(RadarClip clip, ModalityMask used, string place)
    {
        FeatureKey key = RadarKey!;
        if (clip.Kind != radar.Kind)
            throw new InvalidDataException(
                $"{place}: radar of {clip.Kind ?? "bare arrays or video"}, the run was trained on {radar.Kind ?? "bare arrays or video"}; their units and axes differ."
            );
        return clip.DType == key.DType
            ? Complete(clip, key.Shape[1], Hidden(used))
            : throw new InvalidDataException(
                $"{place}: radar values are {Kind(clip.DType)}, the run was trained on {Kind(key.DType)}; their units differ."
            );
    }

    private static FrameSampling? SamplingOf(FeatureKey? key) => key is null ? null : FrameSampling.Parse(key.Sampling);

    /// <returns>What the sample's files offer of what the recogniser uses.</returns>
    private ModalityMask Offered(SampleReader reader, Sample sample)
    {
        var offered = ModalityMask.Of(recogniser.Keys.Modalities.Where(sample.Has));
        return !offered.Uses(Modality.Radar) || reader.AntennasOf(sample) == RadarKey!.Shape[1]
            ? offered
            : offered.Hiding(
                Enumerable.Range(0, RadarKey.Shape[1]).Where(a => a >= sample.Radar.Count || sample.Radar[a] is null)
            );
    }

    /// <returns>(T, A, R, D) with zeros for the antennas that are hidden: their features are masked.</returns>
    private static RadarClip Complete(RadarClip clip, int antennas, IReadOnlyList<int> hidden)
    {
        if (hidden.Count == 0)
            return clip;
        int map = clip.Bytes.Length / (clip.Length * clip.Antennas);
        int[] shown = [.. Enumerable.Range(0, antennas).Except(hidden)];
        var bytes = new byte[clip.Length * antennas * map];
        for (int t = 0; t < clip.Length; t++)
        {
            for (int a = 0; a < shown.Length; a++)
                clip.Bytes.AsSpan((t * shown.Length + a) * map, map)
                    .CopyTo(bytes.AsSpan((t * antennas + shown[a]) * map));
        }
        return clip with { Bytes = bytes, Antennas = antennas };
    }

    private void CheckEncoder(FeatureKey key, IRgbEncoder? given)
    {
        if (given is null)
            throw new InvalidDataException(
                $"Recipe '{recogniser.Name}' needs RGB, and there is no RGB encoder '{key.Encoder}'."
            );
        if (
            given.Name != key.Encoder
            || given.WeightsHash != key.Weights
            || given.Preprocessing != FrameFits.Parse(HandCropReader.WithoutHands(key)).Preprocessing
        )
            throw new InvalidDataException(
                $"The run was trained on RGB features of {key.Encoder} with weights {Short(key.Weights)}, found {given.Name} with "
                    + $"{Short(given.WeightsHash)}. Fetch those weights, or train on features of these."
            ).Suggest(NextStep.FetchWeights);
    }

    private InvalidDataException NoLandmarker() =>
        new(
            $"'{recogniser.Name}' learnt from landmarks or hands that MediaPipe's networks found in videos, and has none of these networks. Open the run instead."
        );

    private FileNotFoundException Missing(string place, string what) =>
        new FileNotFoundException(
            $"{place}: no {what}, and recipe '{recogniser.Name}' needs it. "
                + "Use a run trained without it (recipe rgb-only or radar-only), or taught to do without (model.modalityDropout)."
        ).Suggest(NextStep.NameFiles);

    private static string Kind(string dtype) => dtype == "|u1" ? "grey levels of video" : "numbers from .npy";

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
