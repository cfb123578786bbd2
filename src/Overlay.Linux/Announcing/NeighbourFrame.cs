using System.Buffers.Binary;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Announcing;

/// <summary>What ARP and neighbour discovery messages have in common, as whole Ethernet frames.</summary>
internal static class NeighbourFrame
{
    public const int EthernetSize = 14, V6Size = 40;
    public const ushort Arp = 0x0806, V6 = 0x86dd;
    public const byte IcmpV6 = 58;

    /// <summary>Neighbour discovery takes nothing that a router has passed on (RFC 4861, 7.1).</summary>
    public const byte HopLimit = 255;

    public static readonly Address AllNodes = Address.Parse("ff02::1");

    private static readonly MacAddress Everyone = new(0xffff_ffff_ffff);

    public delegate void BodyWriter(Span<byte> body);

    /// <summary>Who has <paramref name="target"/>? Asked of everyone on the segment.</summary>
    public static void WriteArpRequest(Span<byte> frame, MacAddress mac, Address sender, Address target)
    {
        WriteEthernet(frame, Everyone, mac, Arp);
        var arp = frame[EthernetSize..];
        // Ethernet, IPv4, lengths 6 and 4, request.
        ((ReadOnlySpan<byte>)[0, 1, 8, 0, 6, 4, 0, 1]).CopyTo(arp);
        mac.WriteBytes(arp[8..]);
        sender.WriteBytes(arp[14..]);
        target.WriteBytes(arp[24..]);
    }

    /// <summary>An ICMPv6 message to a multicast group; the body fills the rest of the frame.</summary>
    public static void WriteV6(Span<byte> frame, MacAddress mac, Address source, Address group, BodyWriter write)
    {
        WriteEthernet(frame, MacOf(group), mac, V6);
        var header = frame.Slice(EthernetSize, V6Size);
        var body = frame[(EthernetSize + V6Size)..];
        header[0] = 6 << 4;
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)body.Length);
        header[6] = IcmpV6;
        header[7] = HopLimit;
        source.WriteBytes(header[8..]);
        group.WriteBytes(header[24..]);
        write(body);
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], Checksum(header[8..], body));
    }

    /// <summary>Where frames to an IPv6 group go (RFC 2464, 7).</summary>
    public static MacAddress MacOf(Address group) => new(0x3333_0000_0000 | (ulong)(uint)group.Value);

    /// <summary>Where whoever has the address listens for questions about it (RFC 4291, 2.7.1).</summary>
    public static Address SolicitedNode(Address address) => new(Address.Parse("ff02::1:ff00:0").Value | (address.Value & 0xffffff));

    private static void WriteEthernet(Span<byte> frame, MacAddress to, MacAddress from, ushort type)
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
