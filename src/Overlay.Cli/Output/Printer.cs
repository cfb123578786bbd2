using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Overlay.Cli.App;

namespace Overlay.Cli.Output;

/// <summary>Prints results the way --format asks: for people, as JSON, or through a template.</summary>
internal sealed class Printer(OutputFormat format, CliEnvironment environment)
{
    public static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool ForPeople => format.Kind == OutputKind.Table;

    /// <summary>A table, or a JSON array.</summary>
    public void List<T>(T[] items, JsonTypeInfo<T[]> json, Func<T[], Grid> grid) =>
        Write(items, json, () => grid(items).WriteTo(environment.Out, environment.OutIsTerminal, environment.Colours));

    /// <summary>A report each, or a JSON array: also for one, so that programs need one reader.</summary>
    public void Reports<T>(T[] items, JsonTypeInfo<T[]> json, Func<T, Report> report) =>
        Write(items, json, () =>
        {
            foreach (var item in items)
            {
                if (!ReferenceEquals(item, items[0]))
                    environment.Out.WriteLine();
                report(item).WriteTo(environment.Out, environment.OutIsTerminal, environment.Colours);
            }
        });

    /// <summary>The result of a command that made one thing: for people one word, usually its id.</summary>
    public void Made<T>(T item, JsonTypeInfo<T> json, string word)
    {
        switch (format.Kind)
        {
            case OutputKind.Table:
                Line(word);
                break;
            case OutputKind.Json:
                Line(JsonSerializer.Serialize(item, json));
                break;
            default:
                Line(format.Template!.Render(JsonSerializer.SerializeToNode(item, json)!));
                break;
        }
    }

    public void Error(Exception error) => ErrorLine.Of(error).WriteTo(environment.Error, format.Kind == OutputKind.Json);

    public void Line(string text) => environment.Out.WriteLine(text);

    private void Write<T>(T[] items, JsonTypeInfo<T[]> json, Action forPeople)
    {
        switch (format.Kind)
        {
            case OutputKind.Table:
                forPeople();
                break;
            case OutputKind.Json:
                Line(JsonSerializer.Serialize(items, json));
                break;
            default:
                WriteTemplate(items, json);
                break;
        }
    }

    private void WriteTemplate<T>(T[] items, JsonTypeInfo<T[]> json)
    {
        var template = format.Template!;
        string[] lines = [.. JsonSerializer.SerializeToNode(items, json)!.AsArray().Select(item => template.Render(item!))];
        if (format.Kind == OutputKind.TemplateTable)
            new Grid(template.Header.Split('\t'), [.. lines.Select(line => line.Split('\t'))])
                .WriteTo(environment.Out, environment.OutIsTerminal, environment.Colours);
        else
            foreach (var line in lines)
                Line(line);
    }
}
