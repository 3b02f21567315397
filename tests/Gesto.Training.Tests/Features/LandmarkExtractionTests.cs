using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;

namespace Gesto.Training.Tests.Features;

/// <summary>`extract --landmarks`, with a stand-in for MediaPipe's networks.</summary>
public sealed class LandmarkExtractionTests : IDisposable
{
    private readonly Folder folder = new();

    public LandmarkExtractionTests()
    {
        for (int i = 0; i < 2; i++)
            Reference.Video(folder[$"data/{i}.mkv"], 32, 24, 3 + i);
        folder.Write("data/manifest.csv", "sample,label,name,split,rgb\n0,0,A,train,0.mkv\n1,1,B,test,1.mkv\n");
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Tells the file's length.</summary>
    private sealed class Stub : IStepReader
    {
        public FeatureKey Key { get; } =
            new()
            {
                Modality = "landmarks",
                Encoder = "stub",
                Weights = "",
                Preprocessing = "",
                Sampling = "linspace-30",
                DType = "<f4",
                Shape = [30, 2],
            };

        public bool Disposed { get; private set; }

        public RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel)
        {
            Assert.EndsWith(".mkv", files[0]);
            return new([new FileInfo(files[0]!).Length, 1], 1, [2]);
        }

        public void Dispose() => Disposed = true;
    }

    private Stub Extract()
    {
        var stub = new Stub();
        Extraction.Run(
            Dataset.Open(folder["data"]),
            folder["features"],
            encoder: null,
            new ExtractionOptions
            {
                LandmarksOfVideos = true,
                WithoutRgb = true,
                VideoLandmarks = stub,
            },
            null,
            default
        );
        return stub;
    }

    [Fact]
    public void Landmarks_of_videos_fill_the_landmarks_store_and_no_pixel_is_kept()
    {
        Assert.True(Extract().Disposed);
        FeatureSet features = FeatureSet.Open(folder["features"]);
        Assert.Equal(["landmarks"], features.Stores.Modalities.Select(m => m.Name));
        Assert.Equal(2, features.Samples.Count);
        Assert.False(Directory.Exists(folder["features/rgb"]));
        Assert.Equal(
            new FileInfo(folder["data/1.mkv"]).Length,
            features.Stores[Modality.Landmarks]!.Load("1").ToSingles()[0]
        );
        Extract(); // goes on, with nothing to do
    }

    [Fact]
    public void Landmarks_of_the_data_sets_own_are_not_mixed_with_those_of_videos()
    {
        folder.Write(
            "data/manifest.csv",
            "sample,label,name,split,rgb,landmarks\n0,0,A,train,0.mkv,0.npy\n1,1,B,test,1.mkv,\n"
        );
        Assert.Contains(
            "1 samples have landmarks of their own and 1 only videos",
            Assert
                .Throws<InvalidDataException>(() =>
                {
                    Extract();
                })
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Without_videos_there_is_nothing_to_look_at()
    {
        folder.Write("data/manifest.csv", "sample,label,name,split,rdm1\n0,0,A,train,0.npy\n");
        Assert.Contains(
            "no sample has an RGB video",
            Assert
                .Throws<InvalidDataException>(() =>
                {
                    Extract();
                })
                .Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>As if it had learnt from landmarks that MediaPipe's networks found in videos.</summary>
    private sealed class LandmarkRecogniser : IRecogniser
    {
        public string Name => "held";

        public LabelSet Labels { get; } = new([new SignClass(0, "A"), new SignClass(1, "B")]);

        public PerModality<FeatureKey> Keys { get; } =
            PerModality<FeatureKey>.None.With(
                Modality.Landmarks,
                new()
                {
                    Modality = "landmarks",
                    Encoder = VideoLandmarkReader.EncoderName,
                    Weights = "",
                    Preprocessing = "",
                    Sampling = "linspace-30",
                    DType = "<f4",
                    Shape = [30, 2],
                }
            );

        public Calibration Calibration { get; } = new() { Temperature = 1 };

        public IReadOnlyList<(string First, string Second)> CostlyPairs => [];

        public IReadOnlyList<ModalityMask> Masks { get; } = [ModalityMask.Of([Modality.Landmarks])];

        public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null) => [1, 0];

        public void Dispose() { }
    }

    [Fact]
    public void Where_nothing_finds_landmarks_in_videos_the_recogniser_says_so()
    {
        using var recogniser = new LandmarkRecogniser();
        var error = Assert.Throws<InvalidDataException>(() => new VideoPredictor(recogniser, null));
        Assert.Contains("MediaPipe's networks", error.Message, StringComparison.Ordinal);
        using var stub = new Stub();
        error = Assert.Throws<InvalidDataException>(() => new VideoPredictor(recogniser, null, _ => stub));
        Assert.Contains("made differently", error.Message, StringComparison.Ordinal); // the stub is another encoder
    }
}
