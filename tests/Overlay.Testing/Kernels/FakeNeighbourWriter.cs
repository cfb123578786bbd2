using Overlay.Linux;

namespace Overlay.Testing.Kernels;

internal static class FakeNeighbourWriter
{
    public static int Set(FakeLink link, SetNeighbour set)
    {
        if (!link.IsUp)
            return Errno.ENETDOWN;
        link.Neighbours[set.Address] = new Neighbour { LinkIndex = link.Index, Address = set.Address, Mac = set.Mac, State = set.State };
        return 0;
    }

    public static int Remove(FakeLink link, RemoveNeighbour remove) => link.Neighbours.Remove(remove.Address) ? 0 : Errno.ENOENT;

    public static int Set(FakeLink link, SetBridgeFdb set)
    {
        if (link.Master is not { } bridge)
            return Errno.EOPNOTSUPP;
        bridge.BridgeFdb[set.Mac] = link;
        return 0;
    }

    public static int Remove(FakeLink link, RemoveBridgeFdb remove)
    {
        if (link.Master is not { } bridge)
            return Errno.EOPNOTSUPP;
        if (!bridge.BridgeFdb.TryGetValue(remove.Mac, out var port) || port != link)
            return Errno.ENOENT;
        bridge.BridgeFdb.Remove(remove.Mac);
        return 0;
    }

    public static int Set(FakeLink link, SetVxlanFdb set)
    {
        if (link.Vxlan is null)
            return Errno.EOPNOTSUPP;
        link.VxlanFdb[set.Mac] = set.Destination;
        return 0;
    }

    public static int Remove(FakeLink link, RemoveVxlanFdb remove) => link.VxlanFdb.Remove(remove.Mac) ? 0 : Errno.ENOENT;
}
