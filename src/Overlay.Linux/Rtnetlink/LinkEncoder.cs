using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

/// <summary>Links are named by IFLA_IFNAME, so that only masters and renamed links need an index.</summary>
internal static class LinkEncoder
{
    private const ushort Change = MessageFlags.Request | MessageFlags.Ack;
    private const ushort Create = Change | MessageFlags.Create | MessageFlags.Exclusive;

    public static void Add(ref NetlinkWriter writer, uint sequence, AddLink link, LinkIndexes indexes)
    {
        var header = new LinkHeader
        {
            Index = link.Index ?? 0,
            Flags = link.Up ? LinkFlags.Up : 0,
            Change = link.Up ? LinkFlags.Up : 0,
        };
        writer.BeginMessage(MessageType.NewLink, Create, sequence, header);
        writer.Text(LinkAttribute.Name, link.Name);
        if (link.Mac is { } mac)
            writer.Mac(LinkAttribute.Address, mac);
        if (link.Mtu is { } mtu)
            writer.Int32(LinkAttribute.Mtu, mtu);
        if (link.Group is { } group)
            writer.Int32(LinkAttribute.Group, group);
        if (link.Master is { Length: > 0 } master)
            writer.Int32(LinkAttribute.Master, indexes[master]);
        if (link is AddSubLink sub)
        {
            writer.Int32(LinkAttribute.Link, indexes[sub.Parent]);
            if (sub.Space is { } space)
                writer.Int32(LinkAttribute.NamespaceFd, NamespaceFd.Of(space));
        }
        var info = writer.BeginNest(LinkAttribute.Info);
        Kind(ref writer, link);
        writer.EndNest(info);
        writer.EndMessage();
    }

    public static void Set(ref NetlinkWriter writer, uint sequence, SetLink link, LinkIndexes indexes)
    {
        var header = new LinkHeader
        {
            Index = link.Rename is null ? 0 : indexes[link.Name],
            Flags = link.Up == true ? LinkFlags.Up : 0,
            Change = link.Up is null ? 0 : LinkFlags.Up,
        };
        writer.BeginMessage(MessageType.SetLink, Change, sequence, header);
        writer.Text(LinkAttribute.Name, link.Rename ?? link.Name);
        if (link.Mac is { } mac)
            writer.Mac(LinkAttribute.Address, mac);
        if (link.Mtu is { } mtu)
            writer.Int32(LinkAttribute.Mtu, mtu);
        if (link.Group is { } group)
            writer.Int32(LinkAttribute.Group, group);
        if (link.Master is { } master)
            writer.Int32(LinkAttribute.Master, master.Length == 0 ? 0 : indexes[master]);
        if (link.Alias is { } alias)
            Alias(ref writer, alias);
        writer.EndMessage();
    }

    /// <summary>The kernel ignores an alias in the request that makes the link.</summary>
    public static void SetAlias(ref NetlinkWriter writer, uint sequence, string name, string alias)
    {
        writer.BeginMessage(MessageType.SetLink, Change, sequence, new LinkHeader());
        writer.Text(LinkAttribute.Name, name);
        Alias(ref writer, alias);
        writer.EndMessage();
    }

    public static void SetPort(ref NetlinkWriter writer, uint sequence, SetBridgePort port)
    {
        // RTM_SETLINK ignores the port's data; RTM_NEWLINK without CREATE does not.
        writer.BeginMessage(MessageType.NewLink, Change, sequence, new LinkHeader());
        writer.Text(LinkAttribute.Name, port.Name);
        var info = writer.BeginNest(LinkAttribute.Info);
        writer.Text(LinkInfoAttribute.PortKind, "bridge");
        var data = writer.BeginNest(LinkInfoAttribute.PortData);
        writer.Flag(BridgePortAttribute.Learning, port.Learning);
        writer.Flag(BridgePortAttribute.Flood, port.Flood);
        writer.Flag(BridgePortAttribute.MulticastFlood, port.MulticastFlood);
        writer.Flag(BridgePortAttribute.BroadcastFlood, port.BroadcastFlood);
        writer.Flag(BridgePortAttribute.NeighbourSuppression, port.NeighbourSuppression);
        writer.Flag(BridgePortAttribute.Isolated, port.Isolated);
        writer.Flag(BridgePortAttribute.Hairpin, port.Hairpin);
        writer.EndNest(data);
        writer.EndNest(info);
        writer.EndMessage();
    }

    public static void SetSnooping(ref NetlinkWriter writer, uint sequence, SetMulticastSnooping change)
    {
        writer.BeginMessage(MessageType.NewLink, Change, sequence, new LinkHeader());
        writer.Text(LinkAttribute.Name, change.Bridge);
        var info = writer.BeginNest(LinkAttribute.Info);
        Bridge(ref writer, change.Enabled);
        writer.EndNest(info);
        writer.EndMessage();
    }

    public static void Delete(ref NetlinkWriter writer, uint sequence, DeleteLink link)
    {
        writer.BeginMessage(MessageType.DelLink, Change, sequence, new LinkHeader());
        writer.Text(LinkAttribute.Name, link.Name);
        writer.EndMessage();
    }

    public static void DeleteGroup(ref NetlinkWriter writer, uint sequence, DeleteLinkGroup links)
    {
        writer.BeginMessage(MessageType.DelLink, Change, sequence, new LinkHeader());
        writer.Int32(LinkAttribute.Group, links.Group);
        writer.EndMessage();
    }

    /// <summary>By name, or by index where that is null.</summary>
    public static void Get(ref NetlinkWriter writer, uint sequence, string? name, int index)
    {
        writer.BeginMessage(MessageType.GetLink, MessageFlags.Request, sequence, new LinkHeader { Index = index });
        if (name is not null)
            writer.Text(LinkAttribute.Name, name);
        writer.UInt32(LinkAttribute.ExtMask, LinkAttribute.SkipStatistics);
        writer.EndMessage();
    }

    /// <summary>dev_set_alias clears on length 0, and keeps no closing zero itself.</summary>
    private static void Alias(ref NetlinkWriter writer, string alias) =>
        writer.Bytes(LinkAttribute.Alias, System.Text.Encoding.UTF8.GetBytes(alias));

    private static void Kind(ref NetlinkWriter writer, AddLink link)
    {
        switch (link)
        {
            case AddBridge bridge:
                Bridge(ref writer, bridge.MulticastSnooping);
                break;
            case AddVxlan vxlan:
                Vxlan(ref writer, vxlan);
                break;
            case AddVeth veth:
                Veth(ref writer, veth);
                break;
            case AddSubLink sub:
                SubLink(ref writer, sub);
                break;
        }
    }

    private static void Bridge(ref NetlinkWriter writer, bool snooping)
    {
        writer.Text(LinkInfoAttribute.Kind, "bridge");
        var data = writer.BeginNest(LinkInfoAttribute.Data);
        writer.Flag(BridgeAttribute.MulticastSnooping, snooping);
        writer.EndNest(data);
    }

    private static void Vxlan(ref NetlinkWriter writer, AddVxlan vxlan)
    {
        writer.Text(LinkInfoAttribute.Kind, "vxlan");
        var data = writer.BeginNest(LinkInfoAttribute.Data);
        writer.UInt32(VxlanAttribute.Vni, vxlan.Vni);
        writer.Address(vxlan.Local.IsV4 ? VxlanAttribute.Local : VxlanAttribute.Local6, vxlan.Local);
        writer.Flag(VxlanAttribute.Learning, vxlan.Learning);
        writer.UInt16BigEndian(VxlanAttribute.Port, (ushort)vxlan.Port);
        writer.EndNest(data);
    }

    private static void SubLink(ref NetlinkWriter writer, AddSubLink link)
    {
        writer.Text(LinkInfoAttribute.Kind, link switch { AddMacvlan => "macvlan", AddIpvlan => "ipvlan", _ => "vlan" });
        var data = writer.BeginNest(LinkInfoAttribute.Data);
        switch (link)
        {
            case AddMacvlan macvlan:
                writer.UInt32(SubLinkAttribute.MacvlanMode, (uint)macvlan.Mode);
                break;
            case AddIpvlan ipvlan:
                writer.UInt16(SubLinkAttribute.IpvlanMode, (ushort)ipvlan.Ipvlan.Mode);
                writer.UInt16(SubLinkAttribute.IpvlanFlags, (ushort)ipvlan.Ipvlan.Flag);
                break;
            case AddVlan vlan:
                writer.UInt16(SubLinkAttribute.VlanId, (ushort)vlan.Id);
                break;
        }
        writer.EndNest(data);
    }

    private static void Veth(ref NetlinkWriter writer, AddVeth veth)
    {
        writer.Text(LinkInfoAttribute.Kind, "veth");
        var data = writer.BeginNest(LinkInfoAttribute.Data);
        // An attribute that begins with a fixed part; the kernel wants it without the 'nested' flag checked.
        var peer = writer.BeginNest(VethAttribute.Peer, flagged: false);
        writer.Fixed(new LinkHeader { Index = veth.PeerIndex ?? 0 });
        writer.Text(LinkAttribute.Name, veth.PeerName);
        if (veth.PeerMac is { } mac)
            writer.Mac(LinkAttribute.Address, mac);
        if (veth.PeerMtu is { } mtu)
            writer.Int32(LinkAttribute.Mtu, mtu);
        writer.Int32(LinkAttribute.NamespaceFd, NamespaceFd.Of(veth.PeerNamespace));
        writer.EndNest(peer);
        writer.EndNest(data);
    }
}
