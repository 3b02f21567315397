namespace Gesto.Cli.Tests;

public class OutputWriterTests
{
    [Fact]
    public void Control_characters_are_shown_not_obeyed_and_lines_stay_lines()
    {
        using var screen = new StringWriter();
        using var writer = new OutputWriter(screen, escapes: true, forgives: false);
        writer.WriteLine("sign \u001b]0;owned\u0007 \u009b31m è 手\tend");
        writer.Write('\u001b');
        writer.Write(['\u007f', 'x'], 0, 2);
        writer.Write("back\rover".AsSpan());
        Assert.Equal(
            $"sign \\u001b]0;owned\\u0007 \\u009b31m è 手\tend{writer.NewLine}\\u001b\\u007fxback\\u000dover",
            screen.ToString()
        );
    }

    [Fact]
    public void What_draws_with_control_characters_goes_through_and_escapes_its_names_itself()
    {
        using var screen = new StringWriter();
        using var writer = new OutputWriter(screen, escapes: false, forgives: true);
        writer.Write("\u001b[2K");
        Assert.Equal("\u001b[2K", screen.ToString());
        Assert.Equal("a\\u001b[[b", Terminal.Escape("a\u001b[b"));
    }

    [Fact]
    public void An_output_that_is_gone_is_forgiven_where_it_is_only_for_people()
    {
        using var gone = new OutputWriter(new Gone(), escapes: true, forgives: true);
        gone.WriteLine("progress");
        gone.Flush();
        using var result = new OutputWriter(new Gone(), escapes: true, forgives: false);
        Assert.Throws<UnauthorizedAccessException>(() => result.WriteLine("result"));
    }

    private sealed class Gone : StringWriter
    {
        public override void Write(char value) => throw new IOException("Input/output error");

        public override void Write(string? value) =>
            throw new UnauthorizedAccessException("Access to the path is denied.", new IOException());

        public override void Flush() => throw new IOException("Input/output error");
    }
}
