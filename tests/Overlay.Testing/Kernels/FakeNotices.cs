using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>What the kernel tells of a change: each object with its link, in the words of <see cref="KernelNotice"/>.</summary>
internal static class FakeNotices
{
    /// <summary>Index and bridge of the links that a change names, before it is made.</summary>
    public static Dictionary<string, (int Index, int Bridge)> Indexes(FakeNamespaceState space, KernelChange change) => LinkNames.Of(change)
        .Distinct().Where(space.Links.ContainsKey).ToDictionary(name => name, name => (space.Links[name].Index, space.Links[name].Master?.Index ?? 0));

    public static IEnumerable<KernelNotice> Of(FakeNamespaceState space, KernelChange change, Dictionary<string, (int Index, int Bridge)> before)
    {
        switch (change)
        {
            case AddSubLink { Space: not null } or DeleteLink or DeleteLinkGroup:
                return [];
            case AddLink add:
                return [.. OfLink(space.Links[add.Name].Index), .. OfLinks(before)];
            case SetNeighbour set:
                return [new(KernelEvents.Neighbours, before[set.Link].Index, space.Links[set.Link].Neighbours[set.Address])];
            case RemoveNeighbour remove:
                return [new(KernelEvents.Neighbours, before[remove.Link].Index, new Neighbour { LinkIndex = before[remove.Link].Index, Address = remove.Address, State = NeighbourState.Failed }, IsGone: true)];
            case SetBridgeFdb set:
                return [new(KernelEvents.Fdb, before[set.Port].Index, Entry(before[set.Port], set.Mac))];
            case RemoveBridgeFdb remove:
                return [new(KernelEvents.Fdb, before[remove.Port].Index, Entry(before[remove.Port], remove.Mac), IsGone: true)];
            case SetVxlanFdb set:
                return [new(KernelEvents.Fdb, before[set.Link].Index, Tunnel(before[set.Link].Index, set.Mac, set.Destination))];
            case RemoveVxlanFdb remove:
                return [new(KernelEvents.Fdb, before[remove.Link].Index, Tunnel(before[remove.Link].Index, remove.Mac, default), IsGone: true)];
            case SetRoute or RemoveRoute:
                return OfRoute(change, before);
            case AddAddress or RemoveAddress:
                return before.Values.Select(link => new KernelNotice(KernelEvents.Addresses, link.Index));
            default:
                return OfLinks(before);
        }
    }

    private static IEnumerable<KernelNotice> OfLinks(Dictionary<string, (int Index, int Bridge)> links) => links.Values.SelectMany(link => OfLink(link.Index));

    private static IEnumerable<KernelNotice> OfLink(int index) => [new(KernelEvents.Links, index)];

    private static FdbEntry Entry((int Index, int Bridge) port, Core.Addressing.MacAddress mac) =>
        new() { LinkIndex = port.Index, Mac = mac, Bridge = port.Bridge, IsStatic = true, IsSticky = true };

    private static FdbEntry Tunnel(int link, Core.Addressing.MacAddress mac, Core.Addressing.Address destination) =>
        new() { LinkIndex = link, Mac = mac, Destination = destination, IsPermanent = true };

    private static IEnumerable<KernelNotice> OfRoute(KernelChange change, Dictionary<string, (int Index, int Bridge)> links)
    {
        var link = links.Values.Select(l => l.Index).FirstOrDefault();
        var (destination, table) = change is SetRoute set ? (set.Destination, set.Table) : (((RemoveRoute)change).Destination, ((RemoveRoute)change).Table);
        return [new(KernelEvents.Routes, link, new Route { Destination = destination, LinkIndex = link, Table = table, Protocol = 4 }, change is RemoveRoute)];
    }
}
