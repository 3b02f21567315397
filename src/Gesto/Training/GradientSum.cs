using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>Sums the ranks' gradients, each of its own part of a step's samples, in one message a step; and averages what batch
/// norms have seen, so that all ranks hold one model.</summary>
internal sealed class GradientSum : IDisposable
{
    private readonly IRanks ranks;
    private readonly Parameter[] parameters;
    private readonly Tensor[] seen;
    private readonly Tensor flat;

    /// <param name="model">Its float32 parameters that require a gradient, and the running mean and variance of its batch norms.</param>
    /// <param name="ranks">At least two.</param>
    public GradientSum(nn.Module model, IRanks ranks)
    {
        this.ranks = ranks;
        parameters = [.. model.parameters().Where(p => p.requires_grad)];
        seen = [.. model.named_buffers()
            .Where(b => b.name.EndsWith("running_mean", StringComparison.Ordinal) || b.name.EndsWith("running_var", StringComparison.Ordinal))
            .Select(b => b.buffer)];
        // Last one number a parameter: how many ranks have a gradient of it at all.
        flat = zeros(parameters.Sum(p => p.numel()) + seen.Sum(s => s.numel()) + parameters.Length, ScalarType.Float32).DetachFromDisposeScope();
    }

    public void Run()
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        using TorchSharp.Scalar share = 1.0 / ranks.Count; // held: see Adam
        var held = new float[parameters.Length];
        long at = 0;
        for (int i = 0; i < parameters.Length; i++)
        {
            Tensor place = Take(parameters[i]);
            if (parameters[i].grad is { } gradient) place.copy_(gradient);
            else place.zero_();
            held[i] = parameters[i].grad is null ? 0 : 1;
        }
        foreach (Tensor values in seen) Take(values).copy_(values).mul_(share);
        flat.narrow(0, at, held.Length).copy_(tensor(held));

        Span<float> all = MemoryMarshal.Cast<byte, float>(flat.bytes);
        ranks.Sum(all);

        ReadOnlySpan<float> holders = all[^held.Length..];
        at = 0;
        for (int i = 0; i < parameters.Length; i++)
        {
            Tensor sum = Take(parameters[i]);
            if (parameters[i].grad is { } gradient) gradient.copy_(sum);
            else if (holders[i] > 0) parameters[i].grad = sum.to(parameters[i].device, copy: true).DetachFromDisposeScope();
        }
        foreach (Tensor values in seen) values.copy_(Take(values));

        Tensor Take(Tensor like)
        {
            Tensor place = flat.narrow(0, at, like.numel()).view(like.shape);
            at += like.numel();
            return place;
        }
    }

    public void Dispose() => flat.Dispose();
}
