using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>The exponential running mean of a model's weights and float buffers. In the first steps it forgets faster,
/// so that it does not drag the random start along.</summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly (string Name, Tensor Value, Tensor Mean)[] slots;
    private readonly double decay;

    /// <param name="model">Starts as it is.</param>
    /// <param name="decay">What the mean keeps of itself each step, 0…1 exclusive.</param>
    public WeightAverage(nn.Module model, double decay)
    {
        this.decay = decay;
        using var noGradients = no_grad();
        slots =
        [
            .. model
                .state_dict()
                .Where(e => e.Value.is_floating_point())
                .Select(e => (e.Key, e.Value, e.Value.detach().clone().DetachFromDisposeScope())),
        ];
    }

    /// <summary>The means by the names of the weights.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => slots.Select(s => (s.Name, s.Mean));

    /// <summary>Moves the mean towards the weights.</summary>
    /// <param name="steps">Steps taken so far, from 1.</param>
    public void Update(long steps)
    {
        using var noGradients = no_grad();
        double keeps = Math.Min(decay, (1 + steps) / (10.0 + steps));
        using Scalar kept = keeps,
            rest = 1 - keeps; // held: see Adam
        foreach (var (_, value, mean) in slots)
        {
            using var scope = NewDisposeScope();
            mean.mul_(kept).add_(value.detach(), alpha: rest);
        }
    }

    /// <summary>Puts the means into the model and the weights here; a second call undoes the first.</summary>
    public void Swap()
    {
        using var noGradients = no_grad();
        foreach (var (_, value, mean) in slots)
        {
            using Tensor kept = value.detach().clone();
            value.copy_(mean);
            mean.copy_(kept);
        }
    }

    public void Dispose()
    {
        foreach (var slot in slots)
            slot.Mean.Dispose();
    }
}
