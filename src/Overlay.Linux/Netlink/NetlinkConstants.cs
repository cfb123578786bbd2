namespace Overlay.Linux.Netlink;

// Names and numbers of include/uapi/linux: netlink.h, rtnetlink.h, if_link.h, if_addr.h, neighbour.h, veth.h,
// net_namespace.h. Tmds.LibC has none of them.

internal static class NetlinkFamily
{
    public const int Route = 0, Netfilter = 12;
}

internal static class NetlinkOption
{
    public const int CapAck = 10, ExtAck = 11, GetStrictCheck = 12;
}

internal static class MessageType
{
    public const ushort Error = 2, Done = 3;

    public const ushort NewLink = 16, DelLink = 17, GetLink = 18, SetLink = 19;
    public const ushort NewAddress = 20, DelAddress = 21, GetAddress = 22;
    public const ushort NewRoute = 24, DelRoute = 25, GetRoute = 26;
    public const ushort NewNeighbour = 28, DelNeighbour = 29, GetNeighbour = 30;
    public const ushort NewConfiguration = 80;
    public const ushort NewNamespaceNumber = 88, GetNamespaceNumber = 90;
}

internal static class MessageFlags
{
    public const ushort Request = 0x1, Ack = 0x4, DumpInterrupted = 0x10, AckHasAttributes = 0x200;
    public const ushort Dump = 0x300, Replace = 0x100, Exclusive = 0x200, Create = 0x400;
}

internal static class Family
{
    public const byte Unspecified = 0, V4 = 2, Bridge = 7, V6 = 10;
}

internal static class LinkAttribute
{
    public const ushort Address = 1, Name = 3, Mtu = 4, Link = 5, Master = 10, Info = 18, Alias = 20, Group = 27,
        NamespaceFd = 28, ExtMask = 29, LinkNamespaceNumber = 37;

    public const uint SkipStatistics = 8;
}

internal static class LinkInfoAttribute
{
    public const ushort Kind = 1, Data = 2, PortKind = 4, PortData = 5;
}

internal static class LinkFlags
{
    public const uint Up = 1, Loopback = 8, Running = 0x40;
}

internal static class VethAttribute
{
    public const ushort Peer = 1;
}

internal static class SubLinkAttribute
{
    public const ushort MacvlanMode = 1, IpvlanMode = 1, IpvlanFlags = 2, VlanId = 1;
}

internal static class VxlanAttribute
{
    public const ushort Vni = 1, Local = 4, Learning = 7, Port = 15, Local6 = 17;
}

internal static class BridgeAttribute
{
    public const ushort MulticastSnooping = 23;
}

internal static class BridgePortAttribute
{
    public const ushort Hairpin = 4, Learning = 8, Flood = 9, MulticastFlood = 27, BroadcastFlood = 30,
        NeighbourSuppression = 32, Isolated = 33;
}

internal static class AddressAttribute
{
    public const ushort Address = 1, Local = 2, Broadcast = 4, Flags = 8;
}

internal static class AddressFlags
{
    public const uint NoDad = 0x02, DadFailed = 0x08, Permanent = 0x80, NoPrefixRoute = 0x200;
}

internal static class NeighbourAttribute
{
    public const ushort Destination = 1, LinkAddress = 2, Vlan = 5, IfIndex = 8, Master = 9;
}

internal static class NeighbourFlags
{
    public const byte Self = 0x02, Master = 0x04, Sticky = 0x40;
}

internal static class RouteAttribute
{
    public const ushort Destination = 1, OutLink = 4, Gateway = 5, Priority = 6, PreferredSource = 7, Table = 15;
}

internal static class RouteConstant
{
    public const byte LocalTable = 255, ScopeNowhere = 255;
    public const uint Cloned = 0x200;
}

internal static class NamespaceAttribute
{
    public const ushort Number = 1, Fd = 3;
}
