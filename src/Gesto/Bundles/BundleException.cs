namespace Gesto.Bundles;

/// <summary>A `.gesto` file that is not what it should be. The message says what in it, and what was
/// expected.</summary>
/// <remarks>Nothing of it changes after it was thrown.</remarks>
public sealed class BundleException : IOException
{
    /// <summary>With its message alone.</summary>
    /// <param name="message">Place, found, expected.</param>
    public BundleException(string message)
        : base(message) { }

    /// <summary>With what went wrong inside.</summary>
    /// <param name="message">Place, found, expected.</param>
    /// <param name="inner">What the reader met.</param>
    public BundleException(string message, Exception inner)
        : base(message, inner) { }

    /// <summary>Without a place.</summary>
    public BundleException()
        : base("The file is not a bundle.") { }
}
