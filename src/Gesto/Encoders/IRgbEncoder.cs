namespace Gesto.Encoders;

/// <summary>Turns RGB frames into feature vectors, frame by frame.</summary>
internal interface IRgbEncoder : IDisposable
{
    /// <summary>What a feature key calls it, e.g. "resnet50-v1".</summary>
    string Name { get; }

    /// <summary>SHA-256 of the weights, lower-case hex.</summary>
    string WeightsHash { get; }

    /// <summary>What is done to the pixels, in words, for the feature key.</summary>
    string Preprocessing { get; }

    /// <summary>Features a frame.</summary>
    int Width { get; }

    /// <summary>Their axes.</summary>
    IReadOnlyList<int> Shape => [Width];

    /// <summary>numpy type they are stored in: "&lt;f4", or "&lt;f2" or "|u1" where that loses nothing that
    /// matters.</summary>
    string DType => "<f4";

    /// <summary>Height and width of the frames it wants, pixels.</summary>
    int InputSize { get; }

    /// <returns>The same for pictures of another side, on the same network, which stays this one's to dispose; null
    /// where the network takes one side only.</returns>
    /// <param name="side">Height and width, pixels.</param>
    IRgbEncoder? AtSide(int side) => null;

    /// <summary>Threads that may call <see cref="Encode"/> at the same time, and should where throughput
    /// counts.</summary>
    int Concurrency => 1;

    /// <param name="frames">(T, InputSize, InputSize, 3), RGB order, 0…255.</param>
    /// <param name="count">T, the number of frames.</param>
    /// <param name="features">Receives (T, Width).</param>
    void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features);
}
