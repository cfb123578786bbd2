using System.Buffers.Binary;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Announcing;

/// <summary>The Ethernet frames that say 'address is at MAC' unasked: an ARP announcement (RFC 5227, 3), or an
/// unsolicited neighbour advertisement with the override flag (RFC 4861, 7.2.6).</summary>
internal static class AnnouncementFrame
{
    private const ushort Arp = 0x0806, V6 = 0x86dd;
    private const int EthernetSize = 14, V6Size = 40, AdvertisementSize = 32;
    private const byte IcmpV6 = 58, NeighbourAdvertisement = 136, TargetLinkAddress = 2;
    private const uint Override = 0x20000000;

    private static readonly MacAddress Everyone = new(0xffff_ffff_ffff), AllNodesMac = new(0x3333_0000_0001);
    private static readonly Address AllNodes = Address.Parse("ff02::1");

    public static byte[] Make(Address address, MacAddress mac) => address.IsV4 ? ForV4(address, mac) : ForV6(address, mac);

    private static byte[] ForV4(Address address, MacAddress mac)
    {
        var frame = new byte[EthernetSize + 28];
        Ethernet(frame, Everyone, mac, Arp);
        var arp = frame.AsSpan(EthernetSize);
        // Ethernet, IPv4, lengths 6 and 4, request: sender and target are the announced address.
        ((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4, 0, 1]).CopyTo(arp);
        mac.WriteBytes(arp[8..]);
        address.WriteBytes(arp[14..]);
        address.WriteBytes(arp[24..]);
        return frame;
    }

    private static byte[] ForV6(Address address, MacAddress mac)
    {
        var frame = new byte[EthernetSize + V6Size + AdvertisementSize];
        Ethernet(frame, AllNodesMac, mac, V6);
        var header = frame.AsSpan(EthernetSize, V6Size);
        header[0] = 6 << 4;
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], AdvertisementSize);
        header[6] = IcmpV6;
        header[7] = 255;
        address.WriteBytes(header[8..]);
        AllNodes.WriteBytes(header[24..]);
        var body = frame.AsSpan(EthernetSize + V6Size);
        body[0] = NeighbourAdvertisement;
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], Override);
        address.WriteBytes(body[8..]);
        body[24] = TargetLinkAddress;
        body[25] = 1;
        mac.WriteBytes(body[26..]);
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], Checksum(header[8..], body));
        return frame;
    }

    private static void Ethernet(Span<byte> frame, MacAddress to, MacAddress from, ushort type)
    {
        to.WriteBytes(frame);
        from.WriteBytes(frame[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], type);
    }

    /// <summary>RFC 4443, 2.3: over both addresses, the length, the protocol and the message.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> addresses, ReadOnlySpan<byte> body)
    {
        var sum = (uint)(body.Length + IcmpV6);
        for (var i = 0; i < addresses.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(addresses[i..]);
        for (var i = 0; i < body.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(body[i..]);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
