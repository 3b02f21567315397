using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Encoders that learn together with the fusion model, and that model: one module, one checkpoint.</summary>
public sealed class JointModel : nn.Module
{
    // Registered by field name.
    private readonly FrameEncoder? rgb;
    private readonly FrameEncoder? radar;
    private readonly SignModel sign;

    /// <param name="rgb">Null = RGB comes as features.</param>
    /// <param name="radar">Null = radar comes as features.</param>
    /// <param name="sign">Reads their features.</param>
    internal JointModel(FrameEncoder? rgb, FrameEncoder? radar, SignModel sign)
        : base(nameof(JointModel))
    {
        (this.rgb, this.radar, this.sign) = (rgb, radar, sign);
        RegisterComponents();
    }

    /// <returns>True for a parameter of an encoder, by its name in this module.</returns>
    public static bool IsEncoder(string parameter) =>
        parameter.StartsWith("rgb.", StringComparison.Ordinal)
        || parameter.StartsWith("radar.", StringComparison.Ordinal);

    public FrameEncoder? Rgb => rgb;

    public FrameEncoder? Radar => radar;

    public SignModel Sign => sign;
}
