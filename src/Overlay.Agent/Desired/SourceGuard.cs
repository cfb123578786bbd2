using System.Collections.Immutable;
using System.Globalization;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Desired;

/// <summary>
/// The table <c>bridge overlay</c>: what comes out of a sandbox has its own MAC and addresses, in Ethernet, ARP, IP and
/// neighbour advertisements; anything else is dropped and counted before the bridge learns from it. One element per
/// link and address, in sets: a packet's way does not grow with them.
/// </summary>
internal static class SourceGuard
{
    public const string Table = "bridge overlay";

    private const string Guarded = "guarded", Macs = "macs", Holders4 = "holders4", Holders6 = "holders6", Targets6 = "targets6";
    private const string Senders4 = "senders4", Senders6 = "senders6";

    /// <summary>fe80::/64, to which an interface adds what its MAC makes (RFC 4291, appendix A).</summary>
    private static readonly UInt128 LinkLocal = (UInt128)0xfe80 << 112;

    /// <remarks>
    /// Nearly all packets are let through by the first rules: what comes out of a tunnel is not a sandbox's, and IPv4, or
    /// TCP and UDP over IPv6, with the right link, MAC and address in one look-up violates none of the others. 0.0.0.0 and
    /// :: ask whether an address is free, and claim none. An advertisement's target is found behind extension headers too
    /// (@th). Nobody in a sandbox is a router. The kernel shows what is behind a first VLAN tag; a second one would hide a
    /// frame that receivers, who take off tags of VLAN 0, understand.
    /// </remarks>
    public static string Body(ObjectMark mark) =>
        $$"""
          comment "{{HostRuleset.Comment(mark)}}"
          set {{Guarded}} { type ifname; }
          set {{Macs}} { type ifname . ether_addr; }
          set {{Holders4}} { type ifname . ipv4_addr; }
          set {{Holders6}} { type ifname . ipv6_addr; }
          set {{Senders4}} { type ifname . ether_addr . ipv4_addr; }
          set {{Senders6}} { type ifname . ether_addr . ipv6_addr; }
          set {{Targets6}} { typeof iifname . @th,64,128; }
          chain prerouting { type filter hook prerouting priority -300; policy accept;
            iifname "{{LinkNames.TunnelPrefix}}*" accept
            iifname . ether saddr . ip saddr @{{Senders4}} accept
            meta l4proto { tcp, udp } iifname . ether saddr . ip6 saddr @{{Senders6}} accept
            iifname @{{Guarded}} jump from_sandbox
          }
          chain from_sandbox {
            iifname . ether saddr != @{{Macs}} counter drop
            iifname . arp saddr ether != @{{Macs}} counter drop
            arp saddr ip != 0.0.0.0 iifname . arp saddr ip != @{{Holders4}} counter drop
            ip saddr != 0.0.0.0 iifname . ip saddr != @{{Holders4}} counter drop
            ip6 saddr != :: iifname . ip6 saddr != @{{Holders6}} counter drop
            icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @{{Targets6}} counter drop
            icmpv6 type { nd-router-advert, nd-redirect } counter drop
            meta protocol { 8021q, 8021ad } counter drop
          }
        """;

    public static FilterElements Elements(IEnumerable<DesiredSandbox> sandboxes)
    {
        var sets = new[] { Guarded, Macs, Holders4, Holders6, Senders4, Senders6, Targets6 }.ToDictionary(name => name, _ => ImmutableDictionary.CreateBuilder<string, string>());
        foreach (var attachment in sandboxes.SelectMany(s => s.Attachments))
        {
            if (attachment is not { SubLink: null, Mac: { } mac })
                continue;
            var link = $"\"{attachment.HostLink}\"";
            sets[Guarded][link] = "";
            sets[Macs][$"{link} . {mac}"] = "";
            foreach (var address in attachment.Addresses.Select(a => a.Address).Append(LinkLocalOf(mac)))
            {
                sets[address.IsV4 ? Holders4 : Holders6][$"{link} . {address}"] = "";
                sets[address.IsV4 ? Senders4 : Senders6][$"{link} . {mac} . {address}"] = "";
                if (!address.IsV4)
                    sets[Targets6][$"{link} . 0x{address.Value.ToString("x", CultureInfo.InvariantCulture)}"] = "";
            }
        }
        return new(sets.ToImmutableDictionary(s => s.Key, s => s.Value.ToImmutable()));
    }

    // ff:fe in the middle, and the bit that says 'universal' turned.
    private static Address LinkLocalOf(MacAddress mac) =>
        new(LinkLocal | ((UInt128)(mac.Value >> 24 ^ 0x020000) << 40) | 0xfffe000000UL | (mac.Value & 0xffffff));
}
