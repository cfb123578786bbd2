using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Desired;

/// <summary>
/// One layer-2 segment over all member hosts, of which nothing is flooded and nothing learned:
/// <code>
///   sandbox ── ove… ── obr… (gateway address and MAC, the same on every host; this host's node address)
///                        └── ovx… (VXLAN; its MAC is this host's node address's MAC for the others)
/// </code>
/// For each endpoint elsewhere: a neighbour on the bridge (it answers ARP and ND for it), a static entry 'behind ovx' in
/// the bridge and an entry 'behind that host's tunnel address' in the VXLAN device.
/// </summary>
internal sealed class OverlayDriver : INetworkDriver
{
    private const int OverheadV4 = 50;
    private const int OverheadV6 = 70;
    private const int EthernetMtu = 1500;

    // Nothing that the bridge does not know leaves the host: see DESIGN.md, 'Overlay segment'.
    private static readonly BridgePortInfo TunnelPort = new()
    {
        Learning = false,
        Flood = false,
        MulticastFlood = false,
        BroadcastFlood = false,
        NeighbourSuppression = true,
    };

    public string? Validate(NetworkView network, HostContext host) =>
        network.Spec.Vni is <= 0 or >= 1 << 24 ? $"network {network.Spec.Name} has VNI {network.Spec.Vni}; a VXLAN needs 1 to 16777215" : null;

    public int Mtu(NetworkView network, HostContext host) => MtuOf(network, host);

    /// <summary>The one asked for, else what the smallest underlay of the members leaves.</summary>
    public static int MtuOf(NetworkView network, HostContext host)
    {
        if (BridgeDriver.ChosenMtu(network.Spec) is { } chosen)
            return chosen;
        var underlays = network.Nodes.Keys.Append(host.Name)
            .Select(name => host.Hosts.GetValueOrDefault(name)?.UnderlayMtu ?? 0)
            .Where(mtu => mtu > 0);
        return underlays.DefaultIfEmpty(EthernetMtu).Min() - (host.TunnelAddress.IsV4 ? OverheadV4 : OverheadV6);
    }

    public ImmutableArray<DesiredLink> Segment(NetworkView network, HostContext host)
    {
        var mtu = MtuOf(network, host);
        var own = network.Nodes.GetValueOrDefault(host.Name);
        var nodes = own?.Addresses ?? [];
        var remotes = Remotes(network, host);
        var bridge = BridgeDriver.Bridge(network, host, mtu) with
        {
            Addresses = [.. BridgeDriver.Gateways(network.Spec, noPrefixRoute: true), .. nodes.Select(a => new DesiredAddress(a, a.Bits))],
            Routes = [.. network.Spec.Subnets.Select(s => new DesiredRoute(s.Prefix, SourceIn(s, nodes)))],
            Neighbours = [.. remotes.SelectMany(r => r.Addresses.Select(a => new DesiredNeighbour(a, r.Mac)))],
        };
        var tunnel = new DesiredLink
        {
            Name = LinkNames.Tunnel(network.Id),
            Kind = DesiredLinkKind.Vxlan,
            Owner = network.Id,
            Alias = host.Mark.Of(network.Id),
            Mac = own?.TunnelMac,
            Mtu = mtu,
            Master = bridge.Name,
            Vxlan = new VxlanInfo { Vni = (uint)network.Spec.Vni, Local = host.TunnelAddress, Port = host.VxlanPort },
            Port = TunnelPort,
            Forwards = [.. remotes.DistinctBy(r => r.Mac).Select(r => new DesiredForward(r.Mac, r.Tunnel))],
            Sysctls = [($"net/ipv6/conf/{LinkNames.Tunnel(network.Id)}/disable_ipv6", "1")],
        };
        return [bridge, tunnel];
    }

    // From the gateway's address, replies would end at the other host's own gateway.
    private static Address? SourceIn(SubnetRecord subnet, ImmutableArray<Address> nodes) =>
        nodes.Where(subnet.Prefix.Contains).Select(a => (Address?)a).FirstOrDefault() ?? subnet.Gateway;

    private static List<Remote> Remotes(NetworkView network, HostContext host)
    {
        var remotes = new List<Remote>(network.Endpoints.Count);
        foreach (var endpoint in network.Endpoints.Values)
        {
            if (endpoint.Host != host.Name && host.Hosts.TryGetValue(endpoint.Host, out var at))
                remotes.Add(new(endpoint.Addresses, endpoint.Mac, at.TunnelAddress));
        }
        foreach (var node in network.Nodes.Values)
        {
            if (node.Host != host.Name && host.Hosts.TryGetValue(node.Host, out var at))
                remotes.Add(new(node.Addresses, node.TunnelMac, at.TunnelAddress));
        }
        return remotes;
    }

    private readonly record struct Remote(ImmutableArray<Address> Addresses, MacAddress Mac, Address Tunnel);
}
