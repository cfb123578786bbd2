using Spectre.Console;

namespace Overlay.Cli.Output;

/// <summary>Rows under headings. In a pipe: plain columns, whole cells, no colour, so that awk can read them.</summary>
internal sealed record Grid(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    private const int Gap = 3;

    public static Grid Of<T>(IEnumerable<T> items, params (string Column, Func<T, string> Cell)[] columns) =>
        new([.. columns.Select(column => column.Column)], [.. items.Select(item => columns.Select(column => column.Cell(item)).ToArray())]);

    public void WriteTo(TextWriter output, bool terminal, bool colours)
    {
        if (terminal)
            WriteToTerminal(output, colours);
        else
            WritePlain(output);
    }

    private void WritePlain(TextWriter output)
    {
        int[] widths = [.. Columns.Select((column, i) => Math.Max(column.Length, Rows.Select(row => row[i].Length).DefaultIfEmpty().Max()))];
        foreach (var row in Rows.Prepend(Columns))
            output.WriteLine(string.Concat(row.Select((cell, i) => cell.PadRight(widths[i] + Gap))).TrimEnd());
    }

    private void WriteToTerminal(TextWriter output, bool colours)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        var table = new Table().NoBorder();
        foreach (var column in Columns)
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, Gap, 0) });
        foreach (var row in Rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        console.Write(table);
    }
}
