namespace Gesto.Bundles;

/// <summary>A `.gesto` file that is not what it should be. The message says what in it, and what was
/// expected.</summary>
public sealed class BundleException : IOException
{
    /// <param name="message">Place, found, expected.</param>
    public BundleException(string message)
        : base(message) { }

    public BundleException(string message, Exception inner)
        : base(message, inner) { }

    public BundleException()
        : base("The file is not a bundle.") { }
}
