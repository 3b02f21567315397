namespace Gesto.Encoders;

/// <summary>The two ImageNet ResNet50s that circulate. They differ in more than numbers: run with the other one's
/// layout or preprocessing, either gives plausible nonsense.</summary>
internal enum ResNet50Variant
{
    /// <summary>He et al. 2015 as in Keras: stride in the first 1×1 of stages 3 to 5, convolution biases, epsilon
    /// 1e-3.</summary>
    V1,

    /// <summary>torchvision's: stride in the 3×3, no convolution biases, epsilon 1e-5.</summary>
    V15,
}
