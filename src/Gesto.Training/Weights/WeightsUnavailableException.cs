namespace Gesto.Training.Weights;

/// <summary>No source of the weights could be reached: the message says what was tried, why each failed, and what to
/// do. Files that can be read but are wrong throw <see cref="InvalidDataException"/> instead.</summary>
public sealed class WeightsUnavailableException : IOException
{
    public WeightsUnavailableException() { }

    public WeightsUnavailableException(string message)
        : base(message) { }

    public WeightsUnavailableException(string message, Exception inner)
        : base(message, inner) { }
}
