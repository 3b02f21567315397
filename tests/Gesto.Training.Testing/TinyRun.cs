using Gesto.Encoders;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Simulation;

namespace Gesto.Training.Testing;

/// <summary>A simulated data set of four signs and three signers, its features and a run of one epoch, made once for
/// all tests that need the whole way. It knows nothing; the tests are about bookkeeping, not about accuracy.</summary>
public sealed class TinyRun : IDisposable
{
    private readonly Folder folder = new();

    public TinyRun()
    {
        DatasetWriter.Write(
            Data,
            new SimulationOptions
            {
                Classes = 4,
                Signers = 3,
                Takes = 1,
                Seed = 5,
                ValidationSigners = 0,
                TestSigners = 1,
                Width = 64,
                Height = 64,
                RangeBins = 16,
                DopplerBins = 32,
            },
            null,
            CancellationToken.None
        );
        using IRgbEncoder encoder = OpenEncoder();
        Extraction.Run(
            Dataset.Open(Data),
            Features,
            encoder,
            new ExtractionOptions { Radar = new() { Size = (16, 16) } },
            null,
            CancellationToken.None
        );
        Recipe recipe = RecipeFile.Load(
            "late-fusion",
            ["training.epochs=1", "radar.epochs=1", "model.hidden=8", "model.layers=1", "radar.hidden=8"]
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = FeatureSet.Open(Features),
                Recipe = recipe,
                Out = Run,
                Threads = 1,
            }
        );
    }

    public string Data => folder["data"];

    public string Features => folder["features"];

    public string Run => folder["run"];

    public string PathOf(string name) => folder[name];

    internal static IRgbEncoder OpenEncoder(string hash = "0123456789abcdef") => new HalfMeans(hash);

    public void Dispose() => folder.Dispose();

    /// <summary>Mean red, green and blue of the frame's upper and lower half: six features.</summary>
    private sealed class HalfMeans(string hash) : IRgbEncoder
    {
        public string Name => "half-means";

        public string WeightsHash => hash;

        public string Preprocessing => "none";

        public int Width => 6;

        public int InputSize => 32;

        public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
        {
            features.Clear();
            int half = InputSize * InputSize * 3 / 2;
            for (int i = 0; i < frames.Length; i++)
                features[i / (2 * half) * Width + i / half % 2 * 3 + i % 3] += frames[i] * 3f / half;
        }

        public void Dispose() { }
    }
}
