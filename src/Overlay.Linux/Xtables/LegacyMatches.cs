using System.Buffers.Binary;

namespace Overlay.Linux.Xtables;

/// <summary>The matches that stand in nearly every firewall, in nft's words: linux/netfilter/xt_tcpudp.h, xt_conntrack.h.</summary>
internal static class LegacyMatches
{
    private const ushort AnyState = 1, StateAlias = 1 << 13;
    private static readonly (int Bit, string Name)[] States = [(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (256, "untracked")];

    /// <summary>Null: not understood.</summary>
    public static string? Words(string match, byte revision, ReadOnlySpan<byte> data) => match switch
    {
        "tcp" => Ports("tcp", data, flags: data[9], inverted: data[11]),
        "udp" => Ports("udp", data, flags: 0, inverted: data[8]),
        "conntrack" when revision == 3 => Connection(data),
        "state" => State(BinaryPrimitives.ReadUInt32LittleEndian(data)),
        _ => null,
    };

    private static string? Ports(string protocol, ReadOnlySpan<byte> data, byte flags, byte inverted)
    {
        if (flags != 0 || inverted > 3)
            return null;
        var source = Range($"{protocol} sport", data, (inverted & 1) != 0);
        var destination = Range($"{protocol} dport", data[4..], (inverted & 2) != 0);
        return string.Join(' ', new[] { source, destination }.Where(words => words.Length > 0));
    }

    private static string Range(string key, ReadOnlySpan<byte> data, bool inverted)
    {
        var (first, last) = (BinaryPrimitives.ReadUInt16LittleEndian(data), BinaryPrimitives.ReadUInt16LittleEndian(data[2..]));
        return first == 0 && last == ushort.MaxValue ? "" : $"{key} {(inverted ? "!= " : "")}{first}-{last}";
    }

    // struct xt_conntrack_mtinfo3: match_flags, invert_flags, state_mask and status_mask behind eight addresses, two
    // times and five ports.
    private static string? Connection(ReadOnlySpan<byte> data)
    {
        var (matched, inverted) = (BinaryPrimitives.ReadUInt16LittleEndian(data[146..]), BinaryPrimitives.ReadUInt16LittleEndian(data[148..]));
        return (matched & ~StateAlias) == AnyState && (inverted & ~StateAlias) == 0 ? State(BinaryPrimitives.ReadUInt16LittleEndian(data[150..])) : null;
    }

    private static string? State(uint mask)
    {
        const uint destinationTranslated = 128;
        if (mask == destinationTranslated)
            return "ct status dnat";
        return (mask & ~(1u | 2 | 4 | 8 | 256)) != 0 ? null : "ct state " + string.Join(',', States.Where(s => (mask & s.Bit) != 0).Select(s => s.Name));
    }
}
