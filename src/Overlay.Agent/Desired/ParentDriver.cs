using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Records;
using Overlay.Core.Networks;
using Overlay.Linux;

namespace Overlay.Agent.Desired;

/// <summary>
/// macvlan and ipvlan: each sandbox has its own link on a link of the host, on the physical network; the gateway is a
/// router there. A parent like eth0.20 is VLAN 20 of eth0: made here when nobody else has made it.
/// </summary>
internal sealed class ParentDriver : INetworkDriver
{
    public string? Validate(NetworkView network, HostContext host) =>
        network.Spec.Options.ContainsKey(DriverOptions.Parent) ? null : $"network {network.Spec.Name} names no parent link";

    /// <summary>0: the parent's.</summary>
    public int Mtu(NetworkView network, HostContext host) => BridgeDriver.ChosenMtu(network.Spec) ?? 0;

    public ImmutableArray<DesiredLink> Segment(NetworkView network, HostContext host)
    {
        var parent = network.Spec.Options[DriverOptions.Parent];
        return DriverOptions.VlanOf(parent) is not { } vlan
            ? []
            : [
                new()
                {
                    Name = parent,
                    Kind = DesiredLinkKind.Vlan,
                    Owner = network.Id,
                    Alias = host.Mark.Of(network.Id),
                    Mtu = 0,
                    Parent = vlan.Link,
                    VlanId = vlan.Id,
                },
            ];
    }

    public DesiredSubLink? SubLink(NetworkRecord network)
    {
        var parent = network.Options[DriverOptions.Parent];
        return network.Driver == Drivers.Macvlan
            ? new(parent, Parse<MacvlanMode>(network, DriverOptions.MacvlanMode), null)
            : new(parent, null, new(Parse<IpvlanMode>(network, DriverOptions.IpvlanMode), Parse<IpvlanFlag>(network, DriverOptions.IpvlanFlag)));
    }

    // Canonical since the network was made; the enumerations have the same words.
    private static T Parse<T>(NetworkRecord network, string option)
        where T : struct, Enum => Enum.Parse<T>(network.Options[option], ignoreCase: true);
}
