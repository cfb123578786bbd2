using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class NeighbourEncoder
{
    private const ushort Change = MessageFlags.Request | MessageFlags.Ack;
    private const ushort Replace = Change | MessageFlags.Create | MessageFlags.Replace;

    public static void Set(ref NetlinkWriter writer, uint sequence, SetNeighbour change, LinkIndexes indexes)
    {
        var header = Header(FamilyOf(change.Address), indexes[change.Link], (ushort)change.State, 0);
        writer.BeginMessage(MessageType.NewNeighbour, Replace, sequence, header);
        writer.Address(NeighbourAttribute.Destination, change.Address);
        writer.Mac(NeighbourAttribute.LinkAddress, change.Mac);
        writer.EndMessage();
    }

    public static void Remove(ref NetlinkWriter writer, uint sequence, RemoveNeighbour change, LinkIndexes indexes)
    {
        writer.BeginMessage(MessageType.DelNeighbour, Change, sequence, Header(FamilyOf(change.Address), indexes[change.Link], 0, 0));
        writer.Address(NeighbourAttribute.Destination, change.Address);
        writer.EndMessage();
    }

    public static void Set(ref NetlinkWriter writer, uint sequence, SetBridgeFdb change, LinkIndexes indexes)
    {
        var header = Header(Family.Bridge, indexes[change.Port], (ushort)NeighbourState.NoArp, NeighbourFlags.Master | NeighbourFlags.Sticky);
        writer.BeginMessage(MessageType.NewNeighbour, Replace, sequence, header);
        writer.Mac(NeighbourAttribute.LinkAddress, change.Mac);
        writer.EndMessage();
    }

    public static void Remove(ref NetlinkWriter writer, uint sequence, RemoveBridgeFdb change, LinkIndexes indexes)
    {
        writer.BeginMessage(MessageType.DelNeighbour, Change, sequence, Header(Family.Bridge, indexes[change.Port], 0, NeighbourFlags.Master));
        writer.Mac(NeighbourAttribute.LinkAddress, change.Mac);
        writer.EndMessage();
    }

    public static void Set(ref NetlinkWriter writer, uint sequence, SetVxlanFdb change, LinkIndexes indexes)
    {
        var header = Header(Family.Bridge, indexes[change.Link], (ushort)NeighbourState.Permanent, NeighbourFlags.Self);
        writer.BeginMessage(MessageType.NewNeighbour, Replace, sequence, header);
        writer.Mac(NeighbourAttribute.LinkAddress, change.Mac);
        writer.Address(NeighbourAttribute.Destination, change.Destination);
        writer.EndMessage();
    }

    public static void Remove(ref NetlinkWriter writer, uint sequence, RemoveVxlanFdb change, LinkIndexes indexes)
    {
        writer.BeginMessage(MessageType.DelNeighbour, Change, sequence, Header(Family.Bridge, indexes[change.Link], 0, NeighbourFlags.Self));
        writer.Mac(NeighbourAttribute.LinkAddress, change.Mac);
        writer.EndMessage();
    }

    private static byte FamilyOf(Address address) => address.IsV4 ? Family.V4 : Family.V6;

    private static NeighbourHeader Header(byte family, int link, ushort state, byte flags) =>
        new() { Family = family, Index = link, State = state, Flags = flags };
}
