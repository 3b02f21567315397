namespace Gesto.Evaluation;

/// <summary>A part of the report that is made elsewhere: the table of modality masks, what the attention looked at, frames of
/// confused pairs side by side.</summary>
/// <param name="Title">Heading, plain text.</param>
/// <param name="Note">A sentence or two below it; may be empty.</param>
public sealed record ReportSection(string Title, string Note)
{
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];

    public IReadOnlyList<ReportPicture> Pictures { get; init; } = [];
}

/// <summary>A table whose first column is text and whose others are figures, all formatted already.</summary>
public sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>A picture that is stored inside the page.</summary>
/// <param name="Caption">Below it, and for those who cannot see it.</param>
/// <param name="Png">The bytes of a PNG file.</param>
public sealed record ReportPicture(string Caption, byte[] Png);
