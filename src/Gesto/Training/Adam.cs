using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>Adam whose whole state can be saved and put back, so that a resumed run is the uninterrupted one to the bit.
/// TorchSharp's own keeps its moments where a checkpoint in plain tensors cannot reach them.</summary>
/// <remarks>Source: D. Kingma, J. Ba, "Adam", ICLR 2015, with PyTorch's defaults (β 0.9 and 0.999, ε 1e-8 outside the
/// bias-corrected root).</remarks>
internal sealed class Adam : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private readonly double learningRate;
    private readonly (string Name, Parameter Value, Tensor First, Tensor Second)[] slots;

    public Adam(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate)
    {
        this.learningRate = learningRate;
        slots = [.. parameters.Where(p => p.parameter.requires_grad).Select(p => (p.name, p.parameter,
            zeros_like(p.parameter).requires_grad_(false).DetachFromDisposeScope(),
            zeros_like(p.parameter).requires_grad_(false).DetachFromDisposeScope()))];
    }

    /// <summary>Steps taken so far.</summary>
    public long Steps { get; set; }

    public IEnumerable<Parameter> Parameters => slots.Select(s => s.Value);

    /// <summary>First and second moment of every parameter, named "first.…" and "second.…".</summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        slots.SelectMany(s => new[] { ("first." + s.Name, s.First), ("second." + s.Name, s.Second) });

    public void ZeroGradients()
    {
        foreach (var slot in slots) slot.Value.grad?.zero_();
    }

    public void Step()
    {
        using var noGradients = no_grad();
        Steps++;
        double correction1 = 1 - Math.Pow(Beta1, Steps);
        double rootCorrection2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        foreach (var (_, value, first, second) in slots)
        {
            using var scope = NewDisposeScope();
            if (value.grad is not { } gradient) continue;
            first.mul_(Beta1).add_(gradient, alpha: 1 - Beta1);
            second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
            Tensor denominator = second.sqrt().div_(rootCorrection2).add_(Epsilon);
            value.addcdiv_(first, denominator, -learningRate / correction1);
        }
    }

    public void Dispose()
    {
        foreach (var slot in slots)
        {
            slot.First.Dispose();
            slot.Second.Dispose();
        }
    }
}
