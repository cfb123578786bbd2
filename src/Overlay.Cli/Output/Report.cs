namespace Overlay.Cli.Output;

/// <summary>One thing shown to people: fields, then tables under headings.</summary>
internal sealed class Report
{
    private readonly List<(string Name, string Value)> _fields = [];
    private readonly List<(string Heading, Grid Grid)> _tables = [];

    /// <summary>An empty value is left out.</summary>
    public Report Field(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            _fields.Add((name, value));
        return this;
    }

    public Report Field(string name, IEnumerable<string> values) => Field(name, string.Join(", ", values));

    public Report Field(string name, IReadOnlyDictionary<string, string> pairs) =>
        Field(name, pairs.Select(pair => $"{pair.Key}={pair.Value}"));

    /// <summary>A table without rows is left out.</summary>
    public Report Table(string heading, Grid grid)
    {
        if (grid.Rows.Count > 0)
            _tables.Add((heading, grid));
        return this;
    }

    public void WriteTo(TextWriter output, bool terminal, bool colours)
    {
        var width = _fields.Select(field => field.Name.Length).DefaultIfEmpty().Max() + 2;
        foreach (var (name, value) in _fields)
            output.WriteLine($"{(name + ":").PadRight(width)}{value}");
        foreach (var (heading, grid) in _tables)
        {
            output.WriteLine();
            output.WriteLine(heading + ":");
            grid.WriteTo(output, terminal, colours);
        }
    }
}
