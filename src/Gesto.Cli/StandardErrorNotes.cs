namespace Gesto.Cli;

/// <summary>Writes notes at once, where Progress&lt;T&gt; would write some time later.</summary>
internal sealed class StandardErrorNotes : IProgress<string>
{
    public static StandardErrorNotes Instance { get; } = new();

    public void Report(string value) => Console.Error.WriteLine(value);
}
