using System.Collections.Immutable;
using Overlay.Agent.Desired;
using Overlay.Agent.View;

namespace Overlay.Agent.Liveness;

/// <summary>
/// How large a packet must reach each host through the tunnel: the largest MTU of the overlay networks that it shares
/// with this one. What carries that carries the others'.
/// </summary>
internal static class PathTargets
{
    public static ImmutableDictionary<string, PathTarget> Of(HostView view, HostContext self)
    {
        var targets = ImmutableDictionary.CreateBuilder<string, PathTarget>();
        foreach (var (network, mtu) in Shared(view, self))
        {
            foreach (var node in network.Nodes.Values)
            {
                if (node.Host != self.Name && !node.Addresses.IsEmpty && targets.GetValueOrDefault(node.Host).Size < mtu)
                    targets[node.Host] = new(node.Addresses[0], mtu);
            }
        }
        return targets.ToImmutable();
    }

    /// <summary>A sentence for each network and host between which a path is narrower than the network's MTU.</summary>
    public static ImmutableArray<string> Problems(HostView view, HostContext self, ImmutableDictionary<string, int> narrow) =>
    [
        .. from shared in Shared(view, self)
           from path in narrow
           where shared.Network.Nodes.ContainsKey(path.Key) && path.Value < shared.Mtu
           let tunnel = view.Hosts.GetValueOrDefault(path.Key)?.TunnelAddress
           let lost = shared.Mtu - path.Value
           select $"network {shared.Network.Spec.Name}: packets of {shared.Mtu} bytes, its MTU, do not reach host {path.Key} and come back, those of up to {path.Value} do: "
               + $"something between {self.TunnelAddress} and {tunnel} carries {lost} bytes less than the MTU of the hosts' links; "
               + $"raise its MTU, lower that of the hosts' links by {lost} (the networks follow), or make the network with -o mtu={path.Value}",
    ];

    private static IEnumerable<(NetworkView Network, int Mtu)> Shared(HostView view, HostContext self)
    {
        var context = self with { Hosts = view.Hosts };
        return from network in view.Networks.Values
               where network.Spec.Driver == "overlay" && network.Nodes.ContainsKey(self.Name)
               orderby network.Id
               select (network, OverlayDriver.MtuOf(network, context));
    }
}
