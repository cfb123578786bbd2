using Overlay.Linux.Netlink;
using Overlay.Linux.Nftables;
using Overlay.Linux.Rtnetlink;

namespace Overlay.Linux.Monitoring;

/// <summary>Turns notifications into notices. What the lists leave out (local routes, multicast filters) is left out here too.</summary>
internal static class NoticeReader
{
    // NFNL_SUBSYS_NFTABLES in the high byte; NFT_MSG_DELTABLE.
    private const ushort DeleteTable = 0x0a02;

    public static void ReadRoutes(ReadOnlySpan<byte> datagram, List<KernelNotice> notices)
    {
        var messages = new NetlinkReader(datagram);
        while (messages.Next())
        {
            var isGone = messages.Header.Type is MessageType.DelLink or MessageType.DelAddress or MessageType.DelNeighbour or MessageType.DelRoute;
            if (Read(messages.Header.Type, messages.Payload, isGone) is { } notice)
                notices.Add(notice);
        }
    }

    /// <summary>One notice per transaction, whose last message tells the ruleset's new number, and before it one of each table
    /// that is gone.</summary>
    public static void ReadNftables(ReadOnlySpan<byte> datagram, List<KernelNotice> notices)
    {
        var messages = new NetlinkReader(datagram);
        while (messages.Next())
        {
            if (messages.Header.Type == DeleteTable)
                notices.Add(new(KernelEvents.TableGone, IsGone: true));
            else if (messages.Header.Type == NftGeneration.New)
                notices.Add(new(KernelEvents.Nftables) { Generation = NftGeneration.Read(messages.Payload) });
        }
    }

    private static KernelNotice? Read(ushort type, ReadOnlySpan<byte> payload, bool isGone)
    {
        switch (type)
        {
            case MessageType.NewLink or MessageType.DelLink when AttributeReader.TryOpen<LinkHeader>(payload, out var link, out _):
                return new(KernelEvents.Links, link.Index, null, isGone);
            case MessageType.NewAddress or MessageType.DelAddress when AttributeReader.TryOpen<AddressHeader>(payload, out var address, out _):
                return new(KernelEvents.Addresses, address.Index, null, isGone);
            case MessageType.NewRoute or MessageType.DelRoute when RouteDecoder.Decode(payload) is { } route:
                return new(KernelEvents.Routes, route.LinkIndex, route, isGone);
            case MessageType.NewNeighbour or MessageType.DelNeighbour when payload is [Family.Bridge, ..]:
                return NeighbourDecoder.DecodeFdb(payload) is { } entry ? new(KernelEvents.Fdb, entry.LinkIndex, entry, isGone) : null;
            case MessageType.NewNeighbour or MessageType.DelNeighbour when NeighbourDecoder.Decode(payload) is { } neighbour:
                return new(KernelEvents.Neighbours, neighbour.LinkIndex, neighbour, isGone);
            case MessageType.NewConfiguration when IsOfAll(payload):
                return new(KernelEvents.Forwarding);
            default:
                return null;
        }
    }

    // struct netconfmsg: the family in a word of four bytes. A new link is reported here too, with its own index.
    private static bool IsOfAll(ReadOnlySpan<byte> payload)
    {
        const int indexAttribute = 1, forwardingAttribute = 2, all = -1;
        var (isAll, isForwarding) = (false, false);
        AttributeReader.TryOpen<uint>(payload, out _, out var attributes);
        while (attributes.Next())
        {
            isAll |= attributes.Type == indexAttribute && attributes.Int32 == all;
            isForwarding |= attributes.Type == forwardingAttribute;
        }
        return isAll && isForwarding;
    }
}
