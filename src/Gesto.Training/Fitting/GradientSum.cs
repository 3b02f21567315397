using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Sums the ranks' gradients, each of its own part of a step's samples, and averages what batch norms have
/// seen, so that all ranks hold one model. In place: a copy of 30 MB of gradients, there and back, would cost as much
/// as sending them.</summary>
internal sealed class GradientSum
{
    private readonly IRanks ranks;
    private readonly Parameter[] parameters;
    private readonly Tensor[] seen;

    /// <param name="model">Its float32 parameters that require a gradient, and the running mean and variance of its
    /// batch norms.</param>
    /// <param name="ranks">At least two.</param>
    public GradientSum(nn.Module model, IRanks ranks)
    {
        this.ranks = ranks;
        parameters = [.. model.parameters().Where(p => p.requires_grad)];
        seen =
        [
            .. model
                .named_buffers()
                .Where(b =>
                    b.name.EndsWith("running_mean", StringComparison.Ordinal)
                    || b.name.EndsWith("running_var", StringComparison.Ordinal)
                )
                .Select(b => b.buffer),
        ];
    }

    public void Run()
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        using Scalar share = 1.0 / ranks.Count; // held: see Adam
        // A part may not reach a parameter: where no rank has a gradient, none is made.
        double[] holders = [.. parameters.Select(p => p.grad is null ? 0.0 : 1.0)];
        ranks.Sum(holders);
        for (int i = 0; i < parameters.Length; i++)
        {
            if (holders[i] == 0)
                continue;
            parameters[i].grad ??= zeros_like(parameters[i]).DetachFromDisposeScope();
            Sum(parameters[i].grad!);
        }
        foreach (Tensor values in seen)
            Sum(values.mul_(share));
    }

    private void Sum(Tensor values)
    {
        bool here = values.device_type == DeviceType.CPU && values.is_contiguous();
        Tensor plain = here ? values : values.cpu().contiguous();
        ranks.Sum(MemoryMarshal.Cast<byte, float>(plain.bytes));
        if (!here)
            values.copy_(plain);
    }
}
