using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Overlay.Agent.Firewalls;

/// <summary>Takes apart what nft prints of a table: one rule a line, every block's end on a line of its own.</summary>
internal static partial class TableReader
{
    /// <summary>Tables of families ip, ip6 and inet with a filter chain in a hook that matters; of <c>nft list chains</c>.</summary>
    public static IEnumerable<string> Filtering(string listing)
    {
        var table = "";
        var found = new List<string>();
        foreach (var line in listing.Split('\n'))
        {
            if (TableStart().Match(line) is { Success: true } start)
                table = start.Groups["table"].Value;
            else if (HookLine().Match(line) is { Success: true } hook && PacketWay.Hooks.Contains(hook.Groups["hook"].Value))
                found.Add(table);
        }
        return found.Where(name => name.Split(' ')[0] is "ip" or "ip6" or "inet").Distinct();
    }

    public static ForeignTable Read(string text, bool isLegacy = false)
    {
        var lines = text.Split('\n');
        var table = TableStart().Match(Array.Find(lines, l => l.StartsWith("table ", StringComparison.Ordinal)) ?? "").Groups["table"].Value.Split(' ', 2);
        var chains = ImmutableDictionary.CreateBuilder<string, ForeignChain>();
        var sets = ImmutableDictionary.CreateBuilder<string, ImmutableArray<string>>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (BlockStart().Match(lines[i]) is not { Success: true } block)
                continue;
            var (kind, name) = (block.Groups["kind"].Value, block.Groups["name"].Value);
            var body = lines.Skip(i + 1).TakeWhile(l => l != "\t}").ToArray();
            i += body.Length;
            if (kind == "chain")
                chains[name] = ReadChain(name, body);
            else
                sets[name] = Elements(string.Join('\n', body));
        }
        return new(table[0], table[^1], isLegacy, chains.ToImmutable(), sets.ToImmutable());
    }

    public static ImmutableArray<string> Tokens(string text) => [.. Token().Matches(text).Select(m => m.Value)];

    private static ForeignChain ReadChain(string name, string[] body)
    {
        var hook = body.Select(l => HookLine().Match(l)).FirstOrDefault(m => m.Success);
        return new(
            name, hook?.Groups["hook"].Value, hook?.Groups["policy"].Value == "drop",
            [.. body.Where(l => !AnyHookLine().IsMatch(l)).Select(Tokens).Where(tokens => !tokens.IsEmpty)]);
    }

    private static ImmutableArray<string> Elements(string body) =>
        ElementsOf().Match(body) is { Success: true } elements ? Tokens(elements.Groups["elements"].Value) : [];

    [GeneratedRegex(@"^table (?<table>\w+ \S+) \{")]
    private static partial Regex TableStart();

    [GeneratedRegex(@"^\s+type filter hook (?<hook>\w+)(?: device \S+)? priority [^;]*;(?: policy (?<policy>\w+);)?")]
    private static partial Regex HookLine();

    [GeneratedRegex(@"^\s+(?:type \w+ hook|comment "")")]
    private static partial Regex AnyHookLine();

    [GeneratedRegex(@"^\t(?<kind>chain|set|map) (?<name>\S+) \{$")]
    private static partial Regex BlockStart();

    [GeneratedRegex(@"elements = \{(?<elements>.*)\}", RegexOptions.Singleline)]
    private static partial Regex ElementsOf();

    [GeneratedRegex("""
        "[^"]*"|[{},]|[^\s{},"]+
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();
}
