using Overlay.Linux.Netlink;

namespace Overlay.Linux.Monitoring;

/// <summary>Multicast groups (RTNLGRP_*, as bits) and what their messages are about.</summary>
internal static class EventKinds
{
    private const uint LinkGroup = 1 << 0, NeighbourGroup = 1 << 2, AddressV4Group = 1 << 4, RouteV4Group = 1 << 6,
        AddressV6Group = 1 << 8, RouteV6Group = 1 << 10, ConfigurationV4Group = 1 << 23, ConfigurationV6Group = 1 << 24;

    // NFNL_SUBSYS_NFTABLES in the high byte; NFT_MSG_DELTABLE.
    private const ushort DeleteTable = 0x0a02;

    /// <summary>NFNLGRP_NFTABLES is 7.</summary>
    public const uint NftablesGroup = 1 << 6;

    public static uint RouteGroups(KernelEvents kinds)
    {
        uint groups = 0;
        if (kinds.HasFlag(KernelEvents.Links))
            groups |= LinkGroup;
        if (kinds.HasFlag(KernelEvents.Addresses))
            groups |= AddressV4Group | AddressV6Group;
        if ((kinds & (KernelEvents.Neighbours | KernelEvents.Fdb)) != 0)
            groups |= NeighbourGroup;
        if (kinds.HasFlag(KernelEvents.Routes))
            groups |= RouteV4Group | RouteV6Group;
        if (kinds.HasFlag(KernelEvents.Forwarding))
            groups |= ConfigurationV4Group | ConfigurationV6Group;
        return groups;
    }

    public static KernelEvents OfNftables(ReadOnlySpan<byte> datagram)
    {
        var kinds = KernelEvents.Nftables;
        var messages = new NetlinkReader(datagram);
        while (messages.Next())
        {
            if (messages.Header.Type == DeleteTable)
                kinds |= KernelEvents.TableGone;
        }
        return kinds;
    }

    public static KernelEvents Of(ReadOnlySpan<byte> datagram)
    {
        var kinds = KernelEvents.None;
        var messages = new NetlinkReader(datagram);
        while (messages.Next())
        {
            kinds |= messages.Header.Type switch
            {
                MessageType.NewLink or MessageType.DelLink => KernelEvents.Links,
                MessageType.NewAddress or MessageType.DelAddress => KernelEvents.Addresses,
                MessageType.NewRoute or MessageType.DelRoute => KernelEvents.Routes,
                MessageType.NewNeighbour or MessageType.DelNeighbour =>
                    messages.Payload is [Family.Bridge, ..] ? KernelEvents.Fdb : KernelEvents.Neighbours,
                MessageType.NewConfiguration when IsOfAll(messages.Payload) => KernelEvents.Forwarding,
                _ => KernelEvents.None,
            };
        }
        return kinds;
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
