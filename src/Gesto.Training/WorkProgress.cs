namespace Gesto.Training;

/// <summary>A report from long work: what it is on, how far it is, and in which unit it counts.</summary>
/// <param name="Stage">What is being done, in a few words, e.g. "extract RGB".</param>
/// <param name="Done">Units finished so far, 0…<paramref name="Total"/>.</param>
/// <param name="Total">Units in all; 0 when not yet known.</param>
/// <param name="Unit">Plural name of the unit, e.g. "samples".</param>
public readonly record struct WorkProgress(string Stage, long Done, long Total, string Unit);
