using System.Collections.Immutable;
using System.Globalization;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Firewalls;

/// <summary>What of a packet a rule looks at, and whether a value that nft prints is that; null: cannot be told.</summary>
internal static class Condition
{
    private static readonly Dictionary<string, int> Protocols =
        new() { ["icmp"] = 1, ["tcp"] = 6, ["udp"] = 17, ["ipv6-icmp"] = 58, ["icmpv6"] = 58, ["sctp"] = 132, ["dccp"] = 33, ["udplite"] = 136, ["esp"] = 50, ["ah"] = 51, ["gre"] = 47 };

    private static readonly string[] TransportHeads = ["tcp", "udp", "th"];

    /// <summary>Null: no such selector is known here; then how many words it had is unknown too.</summary>
    public static (int Words, Func<string, bool?> Is)? Selector(ImmutableArray<string> rule, int at, Packet packet)
    {
        var (first, second) = (rule[at], at + 1 < rule.Length ? rule[at + 1] : "");
        Func<string, bool?>? test = (first, second) switch
        {
            ("iifname" or "iif", _) or ("meta", "iifname" or "iif") => value => IsLink(packet.In, value),
            ("oifname" or "oif", _) or ("meta", "oifname" or "oif") => value => IsLink(packet.Out, value),
            ("meta", "l4proto") => value => IsNumber(packet.Protocol, value),
            ("meta", "nfproto") => value => value == (packet.IsV4 ? "ipv4" : "ipv6"),
            ("meta", "protocol") => value => value == (packet.IsV4 ? "ip" : "ip6"),
            ("meta" or "ct", "mark") => value => IsNumber(0, value),
            ("ct", "state") => value => value == (packet.IsUntracked ? "untracked" : packet.IsReply ? "established" : "new"),
            ("ct", "status") => value => value switch { "dnat" => packet.IsTranslated, "snat" when !packet.IsReply => false, _ => null },
            ("ip" or "ip6", _) when packet.IsV4 != (first == "ip") => _ => false,
            ("ip" or "ip6", "saddr") => value => IsAddress(packet.Source, value),
            ("ip" or "ip6", "daddr") => value => IsAddress(packet.Destination, value),
            ("ip", "protocol") or ("ip6", "nexthdr") => value => IsNumber(packet.Protocol, value),
            ("tcp", _) when packet.Protocol != Packet.Tcp => _ => false,
            ("udp", _) when packet.Protocol != Packet.Udp => _ => false,
            ("icmp", _) when packet.Protocol != Packet.Icmp4 => _ => false,
            ("icmpv6", _) when packet.Protocol != Packet.Icmp6 => _ => false,
            (_, "sport") when TransportHeads.Contains(first) => value => IsNumber(packet.SourcePort, value),
            (_, "dport") when TransportHeads.Contains(first) => value => IsNumber(packet.DestinationPort, value),
            ("icmp" or "icmpv6", "type") => value => value == "echo-request",
            ("fib", "daddr") when packet.In.Length > 0 && at + 2 < rule.Length && rule[at + 2] == "type" => value => value == (packet.IsForHost ? "local" : "unicast"),
            _ => null,
        };
        var words = first is "iifname" or "iif" or "oifname" or "oif" ? 1 : first == "fib" ? 3 : 2;
        return test is null ? null : (words, test);
    }

    /// <summary>A negated match of the wrong family or protocol does not match either.</summary>
    public static bool IsOfAnotherKind(string first, Packet packet) => first switch
    {
        "ip" => !packet.IsV4,
        "ip6" => packet.IsV4,
        "tcp" => packet.Protocol != Packet.Tcp,
        "udp" => packet.Protocol != Packet.Udp,
        "icmp" => packet.Protocol != Packet.Icmp4,
        "icmpv6" => packet.Protocol != Packet.Icmp6,
        _ => false,
    };

    private static bool? IsLink(string link, string value)
    {
        var name = value.Trim('"');
        return name.EndsWith('*') ? link.StartsWith(name[..^1], StringComparison.Ordinal) : link == name;
    }

    private static bool? IsAddress(Address address, string value)
    {
        if (Prefix.TryParse(value, out var prefix, out _))
            return prefix.Contains(address);
        if (Address.TryParse(value, out var one))
            return one == address;
        return value.Split('-') is [var first, var last] && Address.TryParse(first, out var from) && Address.TryParse(last, out var to)
            ? address.CompareTo(from) >= 0 && address.CompareTo(to) <= 0
            : null;
    }

    private static bool? IsNumber(int number, string value)
    {
        if (Number(value) is { } one)
            return one == number;
        return value.Split('-') is [var first, var last] && Number(first) is { } from && Number(last) is { } to ? number >= from && number <= to : null;
    }

    private static long? Number(string text) =>
        Protocols.TryGetValue(text, out var known) ? known
        : text.StartsWith("0x", StringComparison.Ordinal) ? long.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex) ? hex : null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
