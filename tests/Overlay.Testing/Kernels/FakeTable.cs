using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Overlay.Testing.Kernels;

/// <summary>A table as text, and the elements of the sets and maps that the text declares.</summary>
internal sealed partial record FakeTable(string Body, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Sets)
{
    public static readonly FakeTable Empty = new(
        "", ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, string>>(StringComparer.Ordinal));

    public FakeTable With(string body)
    {
        var declared = DeclaredSet().Matches(body).Select(m => m.Groups["name"].Value);
        return new(
            Body + (body.Length == 0 ? "" : body + "\n"),
            Sets.AddRange(declared.Select(name => KeyValuePair.Create(name, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)))));
    }

    /// <summary>Null where nft would refuse: no such set, or no such element.</summary>
    public FakeTable? WithElements(string verb, string set, string elements)
    {
        if (!Sets.TryGetValue(set, out var held))
            return null;
        foreach (var element in elements.Trim(' ', '\n', '{', '}').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = element.Split(" : ", 2, StringSplitOptions.TrimEntries);
            if (verb == "delete" && !held.ContainsKey(parts[0]))
                return null;
            held = verb == "delete" ? held.Remove(parts[0]) : held.SetItem(parts[0], parts.Length > 1 ? parts[1] : "");
        }
        return this with { Sets = Sets.SetItem(set, held) };
    }

    public string Print(string name) => $"table {name} {{\n{Body}{string.Concat(Sets.Select(s => Print(s.Key, s.Value)))}}}\n";

    private static string Print(string set, ImmutableSortedDictionary<string, string> held) => held.IsEmpty
        ? $"\tset {set} {{\n\t}}\n"
        : $"\tset {set} {{\n\t\telements = {{ {string.Join(", ", held.Select(e => e.Value.Length > 0 ? $"{e.Key} : {e.Value}" : e.Key))} }}\n\t}}\n";

    [GeneratedRegex(@"^\s*(?:set|map) (?<name>\S+) \{", RegexOptions.Multiline)]
    private static partial Regex DeclaredSet();
}
