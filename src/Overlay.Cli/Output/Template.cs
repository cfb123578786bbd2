using System.Text;
using System.Text.Json.Nodes;
using Overlay.Cli.App;

namespace Overlay.Cli.Output;

/// <summary>
/// The part of Go's templates that people use with Docker: <c>{{.Name}}</c>, <c>{{.Labels.tier}}</c>,
/// <c>{{json .Subnets}}</c>, over the same fields as --format json, in any case.
/// </summary>
internal sealed class Template
{
    private readonly IReadOnlyList<Part> _parts;

    private Template(IReadOnlyList<Part> parts) => _parts = parts;

    /// <summary>The fields' names, for a header line.</summary>
    public string Header => string.Concat(_parts.Select(part => part.Path is { } path ? path[^1].ToUpperInvariant() : part.Literal));

    public static Template Parse(string text)
    {
        var parts = new List<Part>();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                parts.Add(Part.Of(text[at..]));
                break;
            }
            if (open > at)
                parts.Add(Part.Of(text[at..open]));
            var close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new FormatException($"'{text}' has '{{{{' without '}}}}'");
            parts.Add(Action(text[(open + 2)..close].Trim()));
            at = close + 2;
        }
        return new(parts);
    }

    /// <exception cref="UsageException">A field that this result does not have; names those it has.</exception>
    public string Render(JsonNode item)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
            text.Append(part.Path is { } path ? Text(Follow(item, path), part.AsJson) : part.Literal);
        return text.ToString();
    }

    private static Part Action(string action)
    {
        var json = action.StartsWith("json ", StringComparison.Ordinal);
        var path = json ? action[5..].Trim() : action;
        if (path == ".")
            return new("", [], json);
        if (path.Length < 2 || path[0] != '.' || path.Contains(' '))
            throw new FormatException($"'{{{{{action}}}}}' is not understood: use '{{{{.Field}}}}', '{{{{.Field.Sub}}}}' or '{{{{json .Field}}}}'");
        return new("", path[1..].Split('.'), json);
    }

    private static JsonNode? Follow(JsonNode item, string[] path)
    {
        JsonNode? node = item;
        foreach (var name in path)
        {
            if (node is not JsonObject fields)
                throw new UsageException($"--format: there is nothing below '.{string.Join('.', path.TakeWhile(step => step != name))}' to call '{name}'");
            // A label may be absent from one item and not from the next; a misspelt field is an error.
            if (!TryFind(fields, name, out node) && ReferenceEquals(fields, item))
                throw new UsageException($"--format: no field '{name}'; there is: {string.Join(", ", fields.Select(field => field.Key))}");
            if (node is null)
                return null;
        }
        return node;
    }

    private static bool TryFind(JsonObject fields, string name, out JsonNode? node)
    {
        if (fields.TryGetPropertyValue(name, out node))
            return true;
        foreach (var field in fields)
            if (string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                node = field.Value;
                return true;
            }
        return false;
    }

    private static string Text(JsonNode? node, bool json) => node switch
    {
        _ when json => node?.ToJsonString(Printer.Compact) ?? "null",
        null => "",
        JsonArray items => string.Join(',', items.Select(item => Text(item, json: item is JsonObject))),
        JsonObject fields when fields.All(field => field.Value is JsonValue) => string.Join(',', fields.Select(field => $"{field.Key}={Text(field.Value, json: false)}")),
        JsonObject => node.ToJsonString(Printer.Compact),
        _ => node.ToString(),
    };

    /// <summary>Literal text, or (when there is a path) the value it leads to.</summary>
    private sealed record Part(string Literal, string[]? Path, bool AsJson)
    {
        public static Part Of(string literal) =>
            new(literal.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal), null, false);
    }
}
