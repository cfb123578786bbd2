using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Rtnetlink;

/// <summary>Neighbours and forwarding entries travel in the same message.</summary>
internal static class NeighbourDecoder
{
    public static Neighbour? Decode(ReadOnlySpan<byte> payload)
    {
        if (!AttributeReader.TryOpen<NeighbourHeader>(payload, out var header, out var attributes))
            return null;
        Address? address = null;
        MacAddress? mac = null;
        while (attributes.Next())
        {
            if (attributes.Type == NeighbourAttribute.Destination)
                address = attributes.Address;
            else if (attributes.Type == NeighbourAttribute.LinkAddress)
                mac = attributes.Mac;
        }
        return address is not { } known || header.Family is not (Family.V4 or Family.V6)
            ? null
            : new Neighbour { LinkIndex = header.Index, Address = known, Mac = mac, State = (NeighbourState)header.State };
    }

    /// <summary>Null also for what every device lists about itself: its multicast filter.</summary>
    public static FdbEntry? DecodeFdb(ReadOnlySpan<byte> payload)
    {
        if (!AttributeReader.TryOpen<NeighbourHeader>(payload, out var header, out var attributes))
            return null;
        MacAddress? mac = null;
        Address? destination = null;
        var bridge = 0;
        var vlan = 0;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case NeighbourAttribute.LinkAddress:
                    mac = attributes.Mac;
                    break;
                case NeighbourAttribute.Destination:
                    destination = attributes.Address;
                    break;
                case NeighbourAttribute.Master:
                    bridge = attributes.Int32;
                    break;
                case NeighbourAttribute.Vlan:
                    vlan = attributes.UInt16;
                    break;
            }
        }
        if (mac is not { } known || (bridge == 0 && destination is null))
            return null;
        return new FdbEntry
        {
            LinkIndex = header.Index,
            Mac = known,
            Bridge = bridge,
            Destination = destination,
            Vlan = vlan,
            IsPermanent = (header.State & (ushort)NeighbourState.Permanent) != 0,
            IsStatic = (header.State & (ushort)NeighbourState.NoArp) != 0,
            IsSticky = (header.Flags & NeighbourFlags.Sticky) != 0,
        };
    }
}
