using System.Text;

namespace Overlay.Cli.App;

/// <summary>Fields between commas; one that holds a comma stands in double quotes, as in Docker's long forms (RFC 4180).</summary>
internal static class CsvFields
{
    /// <exception cref="FormatException">A quote that does not end, or text behind one.</exception>
    public static IEnumerable<string> Split(string text)
    {
        var fields = new List<string>();
        for (var at = 0; at <= text.Length; at++)
            fields.Add(at < text.Length && text[at] == '"' ? Quoted(text, ref at) : Plain(text, ref at));
        return fields;
    }

    private static string Plain(string text, ref int at)
    {
        var end = text.IndexOf(',', at);
        var start = at;
        at = end < 0 ? text.Length : end;
        return text[start..at];
    }

    private static string Quoted(string text, ref int at)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                field.Append(text[at]);
                continue;
            }
            if (at + 1 < text.Length && text[at + 1] == '"')
                field.Append(text[++at]);
            else
                break;
        }
        if (at++ >= text.Length)
            throw new FormatException($"a quote in '{text}' has no end");
        return at == text.Length || text[at] == ',' ? field.ToString() : throw new FormatException($"'{text[at..]}' in '{text}' stands behind a quote; put the whole field between quotes");
    }
}
