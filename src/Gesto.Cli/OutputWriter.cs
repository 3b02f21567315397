using System.Globalization;
using System.Text;

namespace Gesto.Cli;

/// <summary>What the program prints goes through here. Names of signs, people and files come from data sets, and a
/// terminal obeys control characters in them (colours, its title, what was printed before), so they are shown as
/// `\u001b` instead.</summary>
/// <param name="inner">Where it goes.</param>
/// <param name="escapes">False for output that draws with control characters itself: who draws escapes names by <see
/// cref="Printable"/>.</param>
/// <param name="forgives">True where it is no failure of the work that nobody can read what is printed: a closed
/// standard error, a terminal that is gone.</param>
internal sealed class OutputWriter(TextWriter inner, bool escapes, bool forgives)
    : TextWriter(CultureInfo.InvariantCulture)
{
    public override Encoding Encoding => inner.Encoding;

    /// <returns>The text without control characters other than ends of lines and tabs.</returns>
    public static string Printable(string text) =>
        text.Any(IsUnprintable)
            ? string.Concat(
                text.Select(c =>
                    IsUnprintable(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()
                )
            )
            : text;

    public override void Write(char value)
    {
        if (escapes && IsUnprintable(value))
            Write(value.ToString());
        else
            Try(() => inner.Write(value));
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void Write(string? value) =>
        Try(() => inner.Write(escapes && value is not null ? Printable(value) : value));

    public override void Flush() => Try(inner.Flush);

    private static bool IsUnprintable(char c) =>
        char.IsControl(c) && c is not ('\n' or '\t') && !(c == '\r' && OperatingSystem.IsWindows());

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e)
            when (forgives && e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // .NET calls a closed standard error "access denied".
        }
    }
}
