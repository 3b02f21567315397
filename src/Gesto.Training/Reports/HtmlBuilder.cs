using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gesto.Training.Reports;

/// <summary>Collects XHTML text. The literal parts of an interpolated string are markup; every value in a hole is
/// escaped, so a class or signer name cannot become markup. Numbers are formatted invariantly. A hole that is itself an
/// <see cref="HtmlBuilder"/> is inserted as it is.</summary>
internal sealed class HtmlBuilder
{
    private readonly StringBuilder text = new();

    public HtmlBuilder Add([InterpolatedStringHandlerArgument("")] ref Handler markup)
    {
        _ = markup;
        return this;
    }

    /// <summary>Inserts a resource of our own as it is, never a user's text.</summary>
    public HtmlBuilder AddTrusted(string markup)
    {
        text.Append(markup);
        return this;
    }

    public override string ToString() => text.ToString();

    private void AddEscaped(string? value)
    {
        foreach (char c in value ?? "")
        {
            switch (c)
            {
                case '<':
                    text.Append("&lt;");
                    break;
                case '>':
                    text.Append("&gt;");
                    break;
                case '&':
                    text.Append("&amp;");
                    break;
                case '"':
                    text.Append("&quot;");
                    break;
                case '\'':
                    text.Append("&#39;");
                    break;
                // Control characters are not allowed in XML, not even as references.
                case < ' ' and not ('\t' or '\n' or '\r'):
                    text.Append('\uFFFD');
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }
    }

    [InterpolatedStringHandler]
    public readonly ref struct Handler(int literalLength, int holes, HtmlBuilder builder)
    {
        private readonly HtmlBuilder builder = builder;

        public int ExpectedLength { get; } = literalLength + holes * 8;

        public void AppendLiteral(string markup) => builder.text.Append(markup);

        public void AppendFormatted(HtmlBuilder markup) => builder.text.Append(markup.text);

        public void AppendFormatted<T>(T value, string? format = null) =>
            builder.AddEscaped(
                value is IFormattable f ? f.ToString(format, CultureInfo.InvariantCulture) : value?.ToString()
            );
    }
}
