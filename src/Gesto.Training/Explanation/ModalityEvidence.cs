namespace Gesto.Training.Explanation;

/// <summary>A stretch of the clip, fractions 0…1 of its time.</summary>
public sealed record Moment(double From, double To);

/// <summary>What one modality did for one sign.</summary>
/// <param name="Modality">"RGB" or "radar".</param>
/// <param name="Window">Steps hidden at once.</param>
/// <param name="Importance">For each step, in order: by how many nats log p(sign) falls while the step is hidden, mean
/// over the windows that hide it. Below 0: the step speaks against the sign. Step i of n stands for i/n … (i+1)/n of
/// the clip. Empty for a modality of one step, which has no moments.</param>
/// <param name="Strongest">Where the importance stays above half of its highest; null where it never exceeds
/// <see cref="Occlusion.Least"/>.</param>
/// <param name="ProbabilityWithout">p(sign) without the whole modality; null where it is the only one used.</param>
/// <param name="Drop">log p(sign) − log <paramref name="ProbabilityWithout"/>, nats; null likewise.</param>
public sealed record ModalityEvidence(
    string Modality,
    int Window,
    IReadOnlyList<double> Importance,
    Moment? Strongest,
    double? ProbabilityWithout,
    double? Drop
);
