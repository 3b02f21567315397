using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Adam whose whole state can be saved and put back, so that a resumed run is the uninterrupted one to the
/// bit. TorchSharp's own keeps its moments where a checkpoint in plain tensors cannot reach them.</summary>
/// <remarks>Source: D. Kingma, J. Ba, "Adam", ICLR 2015, with PyTorch's defaults (β 0.9 and 0.999, ε 1e-8 outside the
/// bias-corrected root). Weight decay is decoupled from the moments: I. Loshchilov, F. Hutter, "Decoupled weight decay
/// regularization", ICLR 2019 (AdamW).
/// <para>Every scalar here is a variable that lives until after its call. A number given to TorchSharp where it takes a
/// <see cref="Scalar"/> becomes an object whose finaliser may run while libtorch still reads it (seen with 0.107:
/// <c>clamp_min(0)</c> failed inside libtorch after some hundred steps; a wrong number without an error is as
/// likely).</para></remarks>
internal sealed class Adam : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private readonly (string Name, Parameter Value, Tensor First, Tensor Second, double Rate)[] slots;

    private readonly double weightDecay;

    /// <param name="parameters">Those that require a gradient are moved.</param>
    /// <param name="learningRate">Step size until it is set otherwise.</param>
    /// <param name="weightDecay">Each step every value also loses this times the learning rate of itself; 0 = plain
    /// Adam.</param>
    /// <param name="rate">What a parameter's learning rate is multiplied by, by its name; null = 1 for all.</param>
    public Adam(
        IEnumerable<(string name, Parameter parameter)> parameters,
        double learningRate,
        double weightDecay = 0,
        Func<string, double>? rate = null
    )
    {
        (LearningRate, this.weightDecay) = (learningRate, weightDecay);
        slots =
        [
            .. parameters
                .Where(p => p.parameter.requires_grad)
                .Select(p =>
                    (
                        p.name,
                        p.parameter,
                        zeros_like(p.parameter).requires_grad_(false).DetachFromDisposeScope(),
                        zeros_like(p.parameter).requires_grad_(false).DetachFromDisposeScope(),
                        rate?.Invoke(p.name) ?? 1
                    )
                ),
        ];
    }

    /// <summary>Step size from the next step on; not part of the state, a schedule sets it.</summary>
    public double LearningRate { get; set; }

    /// <summary>Steps taken so far.</summary>
    public long Steps { get; set; }

    /// <summary>First and second moment of every parameter, named "first.…" and "second.…".</summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        slots.SelectMany(s => new[] { ("first." + s.Name, s.First), ("second." + s.Name, s.Second) });

    public void ZeroGradients()
    {
        foreach (var slot in slots)
            slot.Value.grad?.zero_();
    }

    /// <returns>True where every gradient is a number and the next step can be computed in float32.</returns>
    public bool CanStep()
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        double longest = LearningRate * slots.Max(s => s.Rate) / (1 - Math.Pow(Beta1, Steps + 1));
        Tensor[] sums = [.. slots.Where(s => s.Value.grad is not null).Select(s => s.Value.grad!.sum())];
        // A sum is infinite or NaN where one of its terms is; one that overflows has terms beyond any use.
        return float.IsFinite((float)longest) && (sums.Length == 0 || float.IsFinite(stack(sums).sum().item<float>()));
    }

    /// <summary>Scales all gradients down together where their common Euclidean norm is above <paramref
    /// name="norm"/>.</summary>
    public void ClipGradients(double norm)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        double squares = 0;
        foreach (var slot in slots)
            if (slot.Value.grad is { } gradient)
                squares += gradient.square().sum().item<float>();
        double factor = norm / (Math.Sqrt(squares) + 1e-6);
        if (factor >= 1)
            return;
        using Scalar scale = factor;
        foreach (var slot in slots)
            slot.Value.grad?.mul_(scale);
    }

    public void Step()
    {
        using var noGradients = no_grad();
        Steps++;
        using Scalar beta1 = Beta1,
            beta2 = Beta2,
            rest1 = 1 - Beta1,
            rest2 = 1 - Beta2,
            epsilon = 1e-8;
        using Scalar rootCorrection2 = Math.Sqrt(1 - Math.Pow(Beta2, Steps));
        foreach (var (_, value, first, second, rate) in slots)
        {
            using var scope = NewDisposeScope();
            using Scalar step = -LearningRate * rate / (1 - Math.Pow(Beta1, Steps));
            using Scalar kept = 1 - LearningRate * rate * weightDecay;
            if (value.grad is not { } gradient)
                continue;
            if (weightDecay > 0)
                value.mul_(kept);
            first.mul_(beta1).add_(gradient, alpha: rest1);
            second.mul_(beta2).addcmul_(gradient, gradient, rest2);
            Tensor denominator = second.sqrt().div_(rootCorrection2).add_(epsilon);
            value.addcdiv_(first, denominator, step);
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
