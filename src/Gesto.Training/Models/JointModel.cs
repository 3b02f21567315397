using Gesto.Recordings;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Encoders that learn together with the fusion model, and that model: one module, one checkpoint.</summary>
public sealed class JointModel : nn.Module
{
    private readonly PerModality<FrameEncoder> encoders; // registered by the modalities' names

    // Registered by field name.
    private readonly SignModel sign;

    /// <param name="encoders">Of the modalities that do not come as features.</param>
    /// <param name="sign">Reads their features.</param>
    internal JointModel(PerModality<FrameEncoder> encoders, SignModel sign)
        : base(nameof(JointModel))
    {
        (this.encoders, this.sign) = (encoders, sign);
        foreach ((Modality modality, FrameEncoder encoder) in encoders)
            register_module(modality.Name, encoder);
        RegisterComponents();
    }

    /// <returns>True for a parameter of an encoder, by its name in this module.</returns>
    public static bool IsEncoder(string parameter) =>
        Modality.All.Any(m => parameter.StartsWith($"{m.Name}.", StringComparison.Ordinal));
}
