using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Xtables;

/// <summary>
/// struct ipt_entry or ip6t_entry (linux/netfilter_ipv4/ip_tables.h, …_ipv6/ip6_tables.h): addresses, links, protocol,
/// then matches, then one target. Matches that are not understood are printed as nft prints them: <c>xt match "name"</c>.
/// </summary>
internal sealed class LegacyRule
{
    public const int Drop = -1, Accept = -2, Return = -5; // -NF_… - 1, and XT_RETURN

    private const int NameOffset = 2, DataOffset = 32, NameLength = 29;
    private const byte Goto = 2, Goto6 = 4, NotIn = 1, NotOut = 2, NotSource = 8, NotDestination = 16, NotProtocol = 64;

    private readonly List<string> _conditions = [];
    private string _target = "";
    private bool _isGoto;

    public required int Offset { get; init; }

    public required int Length { get; init; }

    /// <summary>Of the standard target: negative, or the offset of a chain's first rule.</summary>
    public int? Verdict { get; private set; }

    /// <summary>The entry is no rule but begins a user's chain.</summary>
    public string? ChainName { get; private set; }

    public static LegacyRule Read(ReadOnlySpan<byte> entry, int offset, bool v6)
    {
        var width = v6 ? 16 : 4;
        var links = entry[(4 * width)..];
        var head = v6 ? 136 : 84;
        var targetAt = U16(entry[(head + 4)..]);
        var rule = new LegacyRule { Offset = offset, Length = U16(entry[(head + 6)..]) };
        var tail = links[64..];
        var (flags, inverted) = v6 ? (tail[3], tail[4]) : (tail[2], tail[3]);
        rule._isGoto = (flags & (v6 ? Goto6 : Goto)) != 0;
        rule.ReadLink("iifname", links, links[32..], (inverted & NotIn) != 0);
        rule.ReadLink("oifname", links[16..], links[48..], (inverted & NotOut) != 0);
        var family = v6 ? "ip6" : "ip";
        rule.ReadAddress($"{family} saddr", entry[..width], entry.Slice(2 * width, width), (inverted & NotSource) != 0);
        rule.ReadAddress($"{family} daddr", entry.Slice(width, width), entry.Slice(3 * width, width), (inverted & NotDestination) != 0);
        if (U16(tail) is var protocol and not 0)
            rule._conditions.Add($"meta l4proto {((inverted & NotProtocol) != 0 ? "!= " : "")}{protocol}");
        for (var at = v6 ? 168 : 112; at < targetAt; at += Math.Max(DataOffset, (int)U16(entry[at..])))
            rule.ReadMatch(entry[at..]);
        rule.ReadTarget(entry[targetAt..]);
        return rule;
    }

    public string Words(Func<int, string> chainAt) => string.Join(' ', _conditions.Append(_target switch
    {
        "" => Verdict switch
        {
            Drop => "drop",
            Accept => "accept",
            Return => "return",
            { } at and >= 0 => $"{(_isGoto ? "goto" : "jump")} {chainAt(at)}",
            _ => "queue",
        },
        "REJECT" => "reject",
        var other => $"xt target \"{other}\"",
    }));

    private void ReadLink(string key, ReadOnlySpan<byte> name, ReadOnlySpan<byte> mask, bool inverted)
    {
        var text = Name(name[..16]);
        if (text.Length == 0)
            return;
        // The mask covers the terminating zero, unless the name ended in '+'.
        var covered = mask[..16].IndexOf((byte)0) is var end and >= 0 ? end : 16;
        _conditions.Add($"{key} {(inverted ? "!= " : "")}\"{(covered > text.Length ? text : text[..covered] + "*")}\"");
    }

    private void ReadAddress(string key, ReadOnlySpan<byte> address, ReadOnlySpan<byte> mask, bool inverted)
    {
        var length = 0;
        foreach (var part in mask)
            length += BitOperations.PopCount(part);
        if (length > 0)
            _conditions.Add($"{key} {(inverted ? "!= " : "")}{Address.FromBytes(address)}/{length}");
    }

    private void ReadMatch(ReadOnlySpan<byte> match)
    {
        var name = Name(match.Slice(NameOffset, NameLength));
        if (name != "comment")
            _conditions.Add(LegacyMatches.Words(name, revision: match[NameOffset + NameLength], match[DataOffset..]) ?? $"xt match \"{name}\"");
    }

    private void ReadTarget(ReadOnlySpan<byte> target)
    {
        _target = Name(target.Slice(NameOffset, NameLength));
        if (_target == "ERROR")
            ChainName = Name(target.Slice(DataOffset, 30));
        else if (_target.Length == 0)
            Verdict = BinaryPrimitives.ReadInt32LittleEndian(target[DataOffset..]);
    }

    private static string Name(ReadOnlySpan<byte> bytes) =>
        Encoding.ASCII.GetString(bytes.IndexOf((byte)0) is var end and >= 0 ? bytes[..end] : bytes);

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
