using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class ChangeEncoder
{
    /// <summary>Writes the one message of the change. Every index of <see cref="LinkIndexes.NeededBy"/> is known.</summary>
    public static void Write(ref NetlinkWriter writer, uint sequence, KernelChange change, LinkIndexes indexes)
    {
        switch (change)
        {
            case AddLink add: LinkEncoder.Add(ref writer, sequence, add, indexes); break;
            case SetLink set: LinkEncoder.Set(ref writer, sequence, set, indexes); break;
            case SetBridgePort set: LinkEncoder.SetPort(ref writer, sequence, set); break;
            case SetMulticastSnooping set: LinkEncoder.SetSnooping(ref writer, sequence, set); break;
            case DeleteLink delete: LinkEncoder.Delete(ref writer, sequence, delete); break;
            case DeleteLinkGroup delete: LinkEncoder.DeleteGroup(ref writer, sequence, delete); break;
            case AddAddress add: AddressEncoder.Add(ref writer, sequence, add, indexes); break;
            case RemoveAddress remove: AddressEncoder.Remove(ref writer, sequence, remove, indexes); break;
            case SetNeighbour set: NeighbourEncoder.Set(ref writer, sequence, set, indexes); break;
            case RemoveNeighbour remove: NeighbourEncoder.Remove(ref writer, sequence, remove, indexes); break;
            case SetBridgeFdb set: NeighbourEncoder.Set(ref writer, sequence, set, indexes); break;
            case RemoveBridgeFdb remove: NeighbourEncoder.Remove(ref writer, sequence, remove, indexes); break;
            case SetVxlanFdb set: NeighbourEncoder.Set(ref writer, sequence, set, indexes); break;
            case RemoveVxlanFdb remove: NeighbourEncoder.Remove(ref writer, sequence, remove, indexes); break;
            case SetRoute set: RouteEncoder.Set(ref writer, sequence, set, indexes); break;
            case RemoveRoute remove: RouteEncoder.Remove(ref writer, sequence, remove, indexes); break;
            default: throw new ArgumentException($"no message is known for {change.GetType().Name}", nameof(change));
        }
    }
}
