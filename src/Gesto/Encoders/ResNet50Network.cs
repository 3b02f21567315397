namespace Gesto.Encoders;

/// <summary>What of ResNet50 is wanted.</summary>
internal enum ResNet50Output
{
    /// <summary>2048 features after the global average pool.</summary>
    Features,

    /// <summary>The (1024, 14, 14) maps that the last stage reads, kept in float16: for a model that trains the last
    /// stage itself.</summary>
    Maps,
}

/// <summary>What is known of ResNet50 as a network, whatever weights it has.</summary>
internal static class ResNet50Network
{
    /// <summary>Height and width of the frames, pixels.</summary>
    public const int Side = 224;

    /// <summary>Features after the global average pool.</summary>
    public const int FeatureWidth = 2048;

    /// <summary>The network's input, (N, 3, 224, 224) scaled pixels, and its outputs.</summary>
    public const string Frames = "frames",
        Features = "features",
        Maps = "maps";

    /// <summary>Ends the name of an encoder that returns maps.</summary>
    public const string MapsSuffix = "-maps";

    /// <summary>(C, H, W) of the maps that the last stage reads.</summary>
    public static IReadOnlyList<int> MapShape { get; } = [1024, 14, 14];
}
