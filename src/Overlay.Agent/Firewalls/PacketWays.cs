using System.Globalization;
using Overlay.Agent.Apply;
using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Firewalls;

/// <summary>One packet of each kind that this host's networks live on.</summary>
internal static class PacketWays
{
    /// <summary>So many published ports, and so many tunnels, are looked at; a firewall rarely tells one from another.</summary>
    private const int MostOfAKind = 256;

    private const int ClientPort = 50_000, Https = 443;

    // Some host outside: a root name server has had these for decades.
    private static readonly Address Outside4 = Address.Parse("193.0.14.129"), Outside6 = Address.Parse("2001:7fd::1");

    /// <param name="bridged">Packets between ports of a bridge pass the host's filter too (bridge-nf-call-iptables).</param>
    public static List<PacketWay> Of(DesiredHost desired, HostDump dump, Address tunnel, int vxlanPort, bool bridged)
    {
        var ways = new List<PacketWay>();
        foreach (var v4 in new[] { true, false })
        {
            var uplink = Uplink(dump, tunnel, v4);
            if (uplink is not null)
                ways.AddRange(Routed(desired, uplink, v4));
            foreach (var (bridge, address) in Held(desired, v4))
            {
                if (bridged)
                    ways.Add(new($"what passes between sandboxes on {bridge}", "forward", new(bridge, bridge, address, address.Next(1), Packet.Tcp, ClientPort, Https), PassRule.From(Pattern(bridge))));
            }
        }
        if (desired.Links.Any(l => l.Kind == DesiredLinkKind.Vxlan))
            ways.AddRange(Tunnels(desired, dump, tunnel, vxlanPort));
        return ways;
    }

    private static IEnumerable<PacketWay> Routed(DesiredHost desired, string uplink, bool v4)
    {
        var outside = v4 ? Outside4 : Outside6;
        var held = Held(desired, v4);
        foreach (var (bridge, address) in held.Where(h => !desired.Filter[HostRuleset.InternalLinks].ContainsKey($"\"{h.Bridge}\"")))
        {
            var request = new Packet(bridge, uplink, address, outside, Packet.Tcp, ClientPort, Https);
            var reply = new Packet(uplink, bridge, outside, address, Packet.Tcp, Https, ClientPort) { IsReply = true };
            foreach (var hook in new[] { "forward", "postrouting" })
            {
                yield return new($"what sandboxes on {bridge} send outside", hook, request, PassRule.From(Pattern(bridge)));
                yield return new($"answers from outside to {bridge}", hook, reply, PassRule.To(Pattern(bridge)));
            }
        }
        foreach (var (key, value) in HostRuleset.PortSets.SelectMany(set => desired.Filter[set]).Take(MostOfAKind))
        {
            var (parts, target) = (key.Split(" . "), value.Split(" . "));
            var address = Address.Parse(target[0]);
            if (address.IsV4 != v4 || BridgeOf(desired, address) is not { } bridge)
                continue;
            var (protocol, port) = ((byte)Number(parts[0]), Number(target[1]));
            var first = new Packet(uplink, bridge, outside, address, protocol, ClientPort, port) { IsTranslated = true };
            var answer = new Packet(bridge, uplink, address, outside, protocol, port, ClientPort) { IsTranslated = true, IsReply = true };
            yield return new($"published port {parts[^1]}/{(protocol == Packet.Udp ? "udp" : "tcp")}", "forward", first, PassRule.To(Pattern(bridge)));
            yield return new($"answers of published port {parts[^1]}/{(protocol == Packet.Udp ? "udp" : "tcp")}", "forward", answer, PassRule.From(Pattern(bridge)));
        }
    }

    private static IEnumerable<PacketWay> Tunnels(DesiredHost desired, HostDump dump, Address tunnel, int vxlanPort)
    {
        if (LinkOf(dump, tunnel) is not { } uplink)
            yield break;
        var others = desired.Links.SelectMany(l => l.Forwards).Select(f => f.Tunnel).Distinct().Take(MostOfAKind);
        foreach (var other in others)
        {
            var arriving = new Packet(uplink, "", other, tunnel, Packet.Udp, ClientPort, vxlanPort) { IsUntracked = true };
            var leaving = new Packet("", uplink, tunnel, other, Packet.Udp, ClientPort, vxlanPort) { IsUntracked = true };
            foreach (var hook in new[] { "prerouting", "input" })
                yield return new($"VXLAN from {other}", hook, arriving, PassRule.Udp(vxlanPort));
            foreach (var hook in new[] { "output", "postrouting" })
                yield return new($"VXLAN to {other}", hook, leaving, PassRule.Udp(vxlanPort));
        }
        // By which the other hosts see that this one lives.
        foreach (var bridge in desired.Links.Where(l => l.Kind == DesiredLinkKind.Bridge && l.Neighbours.Length > 0))
        {
            foreach (var node in bridge.Addresses.Where(a => a.PrefixLength == a.Address.Bits).Select(a => a.Address))
            {
                var echo = new Packet(bridge.Name, "", node.Next(1), node, node.IsV4 ? Packet.Icmp4 : Packet.Icmp6, 0, 0);
                yield return new("other hosts' probes of this one", "input", echo, PassRule.EchoFrom(Pattern(bridge.Name), node.IsV4));
            }
        }
    }

    // One sandbox of each bridge stands for all.
    private static IEnumerable<(string Bridge, Address Address)> Held(DesiredHost desired, bool v4) =>
        from attachment in desired.Sandboxes.Values.SelectMany(s => s.Attachments).Where(a => a.SubLink is null).OrderBy(a => a.Endpoint).DistinctBy(a => a.Network)
        let bridge = BridgeOf(desired, attachment)
        where bridge is not null
        from address in attachment.Addresses.Select(a => a.Address).Where(a => a.IsV4 == v4).Take(1)
        select (bridge, address);

    private static string? BridgeOf(DesiredHost desired, Address address) =>
        desired.Sandboxes.Values.SelectMany(s => s.Attachments).FirstOrDefault(a => a.SubLink is null && a.Addresses.Any(x => x.Address == address)) is { } found
            ? BridgeOf(desired, found) : null;

    private static string? BridgeOf(DesiredHost desired, DesiredAttachment attachment) =>
        desired.Links.FirstOrDefault(l => l.Kind == DesiredLinkKind.Bridge && l.Owner == attachment.Network)?.Name;

    /// <summary>One rule for all of our bridges, but for those that the user named.</summary>
    private static string Pattern(string bridge) => bridge.StartsWith("obr", StringComparison.Ordinal) ? "obr+" : bridge;

    private static string? Uplink(HostDump dump, Address tunnel, bool v4)
    {
        var ways = dump.Routes.SelectMany(r => r).Where(r => r.Destination.Length == 0 && r.Destination.IsV4 == v4 && r.Table == Route.MainTable && r.LinkIndex != 0);
        return ways.OrderBy(r => r.Metric).Select(r => NameOf(dump, r.LinkIndex)).FirstOrDefault() ?? (tunnel.IsV4 == v4 ? LinkOf(dump, tunnel) : null);
    }

    private static string? LinkOf(HostDump dump, Address address) =>
        dump.Addresses.SelectMany(a => a).Where(a => a.Address == address).Select(a => NameOf(dump, a.LinkIndex)).FirstOrDefault();

    private static string? NameOf(HostDump dump, int index) => dump.Links.Values.FirstOrDefault(l => l.Index == index)?.Name;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
