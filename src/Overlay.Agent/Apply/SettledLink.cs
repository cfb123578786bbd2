using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>A link that is as desired, and says of a notice whether it still is.</summary>
internal sealed class SettledLink(DesiredLink desired, Link actual)
{
    private Dictionary<Address, MacAddress>? _neighbours;
    private Dictionary<MacAddress, Address>? _forwards;

    public DesiredLink Desired => desired;

    public int Index => actual.Index;

    public bool Forwards(MacAddress mac) => Tunnels.ContainsKey(mac);

    /// <summary>The destination is one of its own routes, or of those that the kernel makes with its addresses.</summary>
    public bool RoutesTo(Prefix destination) =>
        desired.Routes.Any(r => r.Destination == destination) || ConnectedRoutes.Has(destination, desired.Addresses);

    public bool Agrees(Neighbour neighbour, bool isGone) => Neighbours.TryGetValue(neighbour.Address, out var mac)
        ? !isGone && neighbour.Mac == mac && neighbour.State == NeighbourState.Permanent
        : isGone || !LinkContents.IsSetBySomeone(neighbour);

    public bool Agrees(FdbEntry entry, bool isGone)
    {
        if (!Tunnels.TryGetValue(entry.Mac, out var tunnel))
            return isGone || !desired.IsPort || !LinkContents.IsSetBySomeone(entry, actual.Mac);
        return !isGone && (entry.Bridge == 0 ? entry.Destination == tunnel && entry.IsPermanent : entry is { IsSticky: true, IsPermanent: false });
    }

    private Dictionary<Address, MacAddress> Neighbours => _neighbours ??= desired.Neighbours.DistinctBy(n => n.Address).ToDictionary(n => n.Address, n => n.Mac);

    private Dictionary<MacAddress, Address> Tunnels => _forwards ??= desired.Forwards.ToDictionary(f => f.Mac, f => f.Tunnel);
}
