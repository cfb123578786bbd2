using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Overlay.Agent.Desired;

namespace Overlay.Agent.Apply;

/// <summary>A table as nft prints it, taken apart: the elements of its sets and maps, and all the rest.</summary>
/// <param name="Structure">The text without elements.</param>
internal sealed partial record TableListing(string Text, string Structure, FilterElements Elements)
{
    public static TableListing? Parse(string? text)
    {
        if (text is null)
            return null;
        var sets = ImmutableDictionary.CreateBuilder<string, ImmutableDictionary<string, string>>();
        var structure = new StringBuilder();
        var at = 0;
        foreach (Match set in SetBody().Matches(text))
        {
            var elements = set.Groups["elements"];
            if (!elements.Success)
                continue;
            sets[set.Groups["name"].Value] = Read(elements.Value);
            structure.Append(text, at, set.Groups["all"].Index - at);
            at = set.Groups["all"].Index + set.Groups["all"].Length;
        }
        return new(text, structure.Append(text, at, text.Length - at).ToString(), new(sets.ToImmutable()));
    }

    private static ImmutableDictionary<string, string> Read(string elements) =>
        elements.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(e => e.Split(" : ", 2))
            .ToImmutableDictionary(e => e[0].Trim(), e => e.Length == 2 ? e[1].Trim() : "");

    [GeneratedRegex("""^\s+(?:set|map) (?<name>\S+) \{\n(?:[^{}]*?)(?<all>\n?[ \t]*elements = \{(?<elements>[^{}]*)\}[ \t]*)?\s*\}""", RegexOptions.Multiline)]
    private static partial Regex SetBody();
}
