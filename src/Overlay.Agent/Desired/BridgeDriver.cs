using System.Collections.Immutable;
using System.Globalization;
using Overlay.Agent.View;
using Overlay.Contracts.Records;

namespace Overlay.Agent.Desired;

/// <summary>A host-local segment: a bridge with the gateway's address.</summary>
internal sealed class BridgeDriver : INetworkDriver
{
    private const int EthernetMtu = 1500;

    public string? Validate(NetworkView network, HostContext host) => null;

    public int Mtu(NetworkView network, HostContext host) => ChosenMtu(network.Spec) ?? EthernetMtu;

    public ImmutableArray<DesiredLink> Segment(NetworkView network, HostContext host) =>
        [Bridge(network, host, Mtu(network, host)) with { Addresses = Gateways(network.Spec, noPrefixRoute: false) }];

    public static DesiredLink Bridge(NetworkView network, HostContext host, int mtu)
    {
        var name = LinkNames.Bridge(network.Spec);
        return new DesiredLink
        {
            Name = name,
            Kind = DesiredLinkKind.Bridge,
            Owner = network.Id,
            Alias = host.Mark.Of(network.Id),
            Mac = network.Spec.GatewayMac == default ? null : network.Spec.GatewayMac,
            Mtu = mtu,
            Sysctls = Sysctls(network.Spec, name),
        };
    }

    public static ImmutableArray<DesiredAddress> Gateways(NetworkRecord network, bool noPrefixRoute) =>
        [.. network.Subnets.Where(s => s.Gateway is not null).Select(s => new DesiredAddress(s.Gateway!.Value, s.Prefix.Length, noPrefixRoute))];

    public static int? ChosenMtu(NetworkRecord network) =>
        network.Mtu > 0 ? network.Mtu
        : network.Options.TryGetValue(NetworkOptions.Mtu, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var mtu) && mtu > 0 ? mtu
        : null;

    // Duplicate detection of the bridge's link-local address would take a second or two, in which the host asks for no
    // neighbour on behalf of forwarded packets. 127.0.0.1:PORT leads into a sandbox only where its bridge takes packets from 127.0.0.0/8; the table 'inet overlay'
    // drops such packets from the sandboxes' side.
    private static ImmutableArray<(string, string)> Sysctls(NetworkRecord network, string bridge) =>
        network.Subnets.Any(s => !s.Prefix.IsV4)
            ? [($"net/ipv4/conf/{bridge}/route_localnet", "1"), ($"net/ipv6/conf/{bridge}/accept_ra", "0"), ($"net/ipv6/conf/{bridge}/accept_dad", "0")]
            : [($"net/ipv4/conf/{bridge}/route_localnet", "1"), ($"net/ipv6/conf/{bridge}/disable_ipv6", "1")];
}
