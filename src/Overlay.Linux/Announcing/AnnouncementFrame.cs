using System.Buffers.Binary;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Announcing;

/// <summary>The Ethernet frames that say 'address is at MAC' unasked: an ARP announcement (RFC 5227, 3), or an
/// unsolicited neighbour advertisement with the override flag (RFC 4861, 7.2.6).</summary>
internal static class AnnouncementFrame
{
    private const int ArpSize = 28, AdvertisementSize = 32;
    private const byte NeighbourAdvertisement = 136, TargetLinkAddress = 2;
    private const uint Override = 0x20000000;

    public static byte[] Make(Address address, MacAddress mac) => address.IsV4 ? ForV4(address, mac) : ForV6(address, mac);

    private static byte[] ForV4(Address address, MacAddress mac)
    {
        var frame = new byte[NeighbourFrame.EthernetSize + ArpSize];
        // Sender and target are the announced address.
        NeighbourFrame.WriteArpRequest(frame, mac, address, address);
        return frame;
    }

    private static byte[] ForV6(Address address, MacAddress mac)
    {
        var frame = new byte[NeighbourFrame.EthernetSize + NeighbourFrame.V6Size + AdvertisementSize];
        NeighbourFrame.WriteV6(frame, mac, address, NeighbourFrame.AllNodes, body =>
        {
            body[0] = NeighbourAdvertisement;
            BinaryPrimitives.WriteUInt32BigEndian(body[4..], Override);
            address.WriteBytes(body[8..]);
            body[24] = TargetLinkAddress;
            body[25] = 1;
            mac.WriteBytes(body[26..]);
        });
        return frame;
    }
}
