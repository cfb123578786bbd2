using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Overlay.Linux.Xtables;

/// <summary>struct ipt_getinfo, and the entries that it tells of.</summary>
/// <param name="Hooks">Where the chains of the five hooks begin; only those of <paramref name="ValidHooks"/> count.</param>
/// <param name="Ends">Where each of these chains has its policy.</param>
internal sealed record LegacyTable(uint ValidHooks, int[] Hooks, int[] Ends, int Size)
{
    private static readonly string[] HookNames = ["prerouting", "input", "forward", "output", "postrouting"];

    public static LegacyTable Read(ReadOnlySpan<byte> info) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(info[32..]),
        MemoryMarshal.Cast<byte, int>(info[36..56]).ToArray(),
        MemoryMarshal.Cast<byte, int>(info[56..76]).ToArray(),
        BinaryPrimitives.ReadInt32LittleEndian(info[80..]));

    public string Print(ReadOnlySpan<byte> entries, bool v6)
    {
        var rules = new List<LegacyRule>();
        for (var at = 0; at < entries.Length;)
        {
            var rule = LegacyRule.Read(entries[at..], at, v6);
            rules.Add(rule);
            at += rule.Length;
        }
        var names = ChainNames(rules);
        var text = new StringBuilder($"table {(v6 ? "ip6" : "ip")} filter {{\n");
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            var hook = Array.FindIndex(Hooks, at => at == rule.Offset) is var h and >= 0 && (ValidHooks & 1u << h) != 0 ? h : -1;
            if (hook >= 0)
                text.Append($"\tchain {names[rule.Offset]} {{\n\t\ttype filter hook {HookNames[hook]} priority filter; policy {PolicyOf(rules, hook)};\n");
            if (rule.ChainName is { } name)
            {
                // The last of them only marks the end of the table.
                if (i < rules.Count - 1)
                    text.Append($"\tchain {name} {{\n");
                continue;
            }
            if (Ends.Where((_, h) => (ValidHooks & 1u << h) != 0).Contains(rule.Offset) || i + 1 < rules.Count && rules[i + 1].ChainName is not null)
                text.Append("\t}\n");
            else
                text.Append("\t\t").Append(rule.Words(target => names.GetValueOrDefault(target, "?"))).Append('\n');
        }
        return text.Append("}\n").ToString();
    }

    // A jump names the first rule of its chain, which is behind the entry that names the chain.
    private Dictionary<int, string> ChainNames(List<LegacyRule> rules)
    {
        var names = new Dictionary<int, string>();
        for (var hook = 0; hook < Hooks.Length; hook++)
        {
            if ((ValidHooks & 1u << hook) != 0)
                names[Hooks[hook]] = HookNames[hook].ToUpperInvariant();
        }
        foreach (var rule in rules.Where(r => r.ChainName is not null))
            names[rule.Offset + rule.Length] = rule.ChainName!;
        return names;
    }

    private string PolicyOf(List<LegacyRule> rules, int hook) => rules.Find(r => r.Offset == Ends[hook])?.Verdict == LegacyRule.Drop ? "drop" : "accept";
}
