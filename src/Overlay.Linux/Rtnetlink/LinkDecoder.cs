using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

internal static class LinkDecoder
{
    public static Link? Decode(ReadOnlySpan<byte> payload)
    {
        if (!AttributeReader.TryOpen<LinkHeader>(payload, out var header, out var attributes))
            return null;
        var link = new Link
        {
            Index = header.Index,
            Name = "",
            IsUp = (header.Flags & LinkFlags.Up) != 0,
            IsRunning = (header.Flags & LinkFlags.Running) != 0,
            IsLoopback = (header.Flags & LinkFlags.Loopback) != 0,
        };
        while (attributes.Next())
        {
            link = attributes.Type switch
            {
                LinkAttribute.Name => link with { Name = attributes.Text },
                LinkAttribute.Address => link with { Mac = attributes.Mac },
                LinkAttribute.Mtu => link with { Mtu = attributes.Int32 },
                LinkAttribute.Link => link with { PeerIndex = attributes.Int32 },
                LinkAttribute.Master => link with { Master = attributes.Int32 },
                LinkAttribute.Alias => link with { Alias = attributes.Text },
                LinkAttribute.Group => link with { Group = attributes.Int32 },
                LinkAttribute.LinkNamespaceNumber => link with { PeerNamespaceNumber = attributes.Int32 },
                LinkAttribute.Info => WithInfo(link, attributes.Nested),
                _ => link,
            };
        }
        return link;
    }

    private static Link WithInfo(Link link, AttributeReader info)
    {
        // The kind comes before its data, as the kernel writes it.
        var portKind = "";
        while (info.Next())
        {
            switch (info.Type)
            {
                case LinkInfoAttribute.Kind:
                    link = link with { Kind = info.Text };
                    break;
                case LinkInfoAttribute.Data when link.Kind == "vxlan":
                    link = link with { Vxlan = Vxlan(info.Nested) };
                    break;
                case LinkInfoAttribute.Data when link.Kind == "bridge":
                    link = link with { Bridge = Bridge(info.Nested) };
                    break;
                case LinkInfoAttribute.Data when link.Kind is "macvlan" or "ipvlan" or "vlan":
                    link = WithSubLink(link, info.Nested);
                    break;
                case LinkInfoAttribute.PortKind:
                    portKind = info.Text;
                    break;
                case LinkInfoAttribute.PortData when portKind == "bridge":
                    link = link with { Port = Port(info.Nested) };
                    break;
            }
        }
        return link;
    }

    private static VxlanInfo Vxlan(AttributeReader data)
    {
        var vxlan = new VxlanInfo { Vni = 0, Port = 0 };
        while (data.Next())
        {
            vxlan = data.Type switch
            {
                VxlanAttribute.Vni => vxlan with { Vni = data.UInt32 },
                VxlanAttribute.Local or VxlanAttribute.Local6 => vxlan with { Local = data.Address },
                VxlanAttribute.Port => vxlan with { Port = data.UInt16BigEndian },
                VxlanAttribute.Learning => vxlan with { Learning = data.Flag },
                _ => vxlan,
            };
        }
        return vxlan;
    }

    private static Link WithSubLink(Link link, AttributeReader data)
    {
        while (data.Next())
        {
            link = (link.Kind, data.Type) switch
            {
                ("macvlan", SubLinkAttribute.MacvlanMode) => link with { Macvlan = (MacvlanMode)data.UInt32 },
                ("ipvlan", SubLinkAttribute.IpvlanMode) => link with { Ipvlan = new((IpvlanMode)data.UInt16, link.Ipvlan?.Flag ?? default) },
                ("ipvlan", SubLinkAttribute.IpvlanFlags) => link with { Ipvlan = new(link.Ipvlan?.Mode ?? default, (IpvlanFlag)data.UInt16) },
                ("vlan", SubLinkAttribute.VlanId) => link with { VlanId = data.UInt16 },
                _ => link,
            };
        }
        return link;
    }

    private static BridgeInfo Bridge(AttributeReader data)
    {
        var snooping = false;
        while (data.Next())
        {
            if (data.Type == BridgeAttribute.MulticastSnooping)
                snooping = data.Flag;
        }
        return new BridgeInfo { MulticastSnooping = snooping };
    }

    private static BridgePortInfo Port(AttributeReader data)
    {
        var port = new BridgePortInfo();
        while (data.Next())
        {
            port = data.Type switch
            {
                BridgePortAttribute.Learning => port with { Learning = data.Flag },
                BridgePortAttribute.Flood => port with { Flood = data.Flag },
                BridgePortAttribute.MulticastFlood => port with { MulticastFlood = data.Flag },
                BridgePortAttribute.BroadcastFlood => port with { BroadcastFlood = data.Flag },
                BridgePortAttribute.NeighbourSuppression => port with { NeighbourSuppression = data.Flag },
                BridgePortAttribute.Isolated => port with { Isolated = data.Flag },
                BridgePortAttribute.Hairpin => port with { Hairpin = data.Flag },
                _ => port,
            };
        }
        return port;
    }
}
