namespace Overlay.Cli.Output;

/// <summary>How results are printed: --format table, json, a template, or "table " and a template (with a header line).</summary>
internal sealed record OutputFormat(OutputKind Kind, Template? Template = null)
{
    public static readonly OutputFormat Table = new(OutputKind.Table);
    private const string TablePrefix = "table ";

    /// <summary>As the help shows a default.</summary>
    public override string ToString() => Kind.ToString().ToLowerInvariant();

    public static OutputFormat Parse(string text) => text switch
    {
        "" or "table" => Table,
        "json" => new(OutputKind.Json),
        _ when text.StartsWith(TablePrefix, StringComparison.Ordinal) => new(OutputKind.TemplateTable, Template.Parse(text[TablePrefix.Length..])),
        _ when text.Contains("{{", StringComparison.Ordinal) => new(OutputKind.Template, Template.Parse(text)),
        _ => throw new FormatException($"'{text}' is not table, json or a template like '{{{{.Name}}}}'"),
    };
}

internal enum OutputKind
{
    Table,
    Json,
    Template,
    TemplateTable,
}
