using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Core.Addressing;

namespace Overlay.Agent.Liveness;

/// <summary>
/// Host → the addresses at which it can be probed: its node addresses on the networks that it shares with this host,
/// for they are there only while its data plane is; where the two share no such network, its tunnel address. A few of
/// them are enough, however many networks there are.
/// </summary>
internal static class ProbeTargets
{
    public const int MostPerHost = 4;

    public static ImmutableDictionary<string, ImmutableArray<Address>> Of(HostView view, string self)
    {
        var targets = new Dictionary<string, ImmutableArray<Address>>();
        foreach (var network in view.Networks.Values.Where(n => n.Nodes.ContainsKey(self)).OrderBy(n => n.Id))
        {
            foreach (var node in network.Nodes.Values)
            {
                if (node.Host == self || node.Addresses.IsEmpty)
                    continue;
                var known = targets.GetValueOrDefault(node.Host, []);
                if (known.Length < MostPerHost)
                    targets[node.Host] = known.Add(node.Addresses[0]);
            }
        }
        foreach (var host in view.Networks.Values.Where(n => n.Spec.Driver is "macvlan" or "ipvlan").SelectMany(n => n.Endpoints.Values).Select(e => e.Host))
        {
            if (host != self && !targets.ContainsKey(host) && view.Hosts.TryGetValue(host, out var record))
                targets[host] = [record.TunnelAddress];
        }
        return targets.ToImmutableDictionary();
    }
}
