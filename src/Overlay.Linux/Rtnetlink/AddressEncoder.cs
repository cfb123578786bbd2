using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class AddressEncoder
{
    private const ushort Change = MessageFlags.Request | MessageFlags.Ack;

    public static void Add(ref NetlinkWriter writer, uint sequence, AddAddress change, LinkIndexes indexes)
    {
        var header = Header(change.Address, change.PrefixLength, indexes[change.Link]);
        header.Scope = (byte)change.Scope;
        writer.BeginMessage(MessageType.NewAddress, Change | MessageFlags.Create | MessageFlags.Exclusive, sequence, header);
        writer.Address(AddressAttribute.Local, change.Address);
        writer.Address(AddressAttribute.Address, change.Address);
        // A /31 has two hosts and no broadcast address (RFC 3021); a /32 has neither.
        if (change.Address.IsV4 && change.PrefixLength < 31)
            writer.Address(AddressAttribute.Broadcast, new Prefix(change.Address, change.PrefixLength).Last);
        var flags = (change.Address.IsV4 ? 0 : AddressFlags.NoDad) | (change.NoPrefixRoute ? AddressFlags.NoPrefixRoute : 0);
        if (flags != 0)
            writer.UInt32(AddressAttribute.Flags, flags);
        writer.EndMessage();
    }

    public static void Remove(ref NetlinkWriter writer, uint sequence, RemoveAddress change, LinkIndexes indexes)
    {
        var header = Header(change.Address, change.PrefixLength, indexes[change.Link]);
        writer.BeginMessage(MessageType.DelAddress, Change, sequence, header);
        writer.Address(AddressAttribute.Local, change.Address);
        writer.Address(AddressAttribute.Address, change.Address);
        writer.EndMessage();
    }

    private static AddressHeader Header(Address address, int prefixLength, int link) => new()
    {
        Family = address.IsV4 ? Family.V4 : Family.V6,
        PrefixLength = (byte)prefixLength,
        Index = link,
    };
}
