using System.Runtime.InteropServices;

namespace Overlay.Linux.Netlink;

/// <summary>An acknowledgement: errno 0 for success, and the kernel's own words where it has some.</summary>
internal readonly record struct NetlinkAck(int Errno, string? Text)
{
    private const int ErrorSize = 4, EchoedHeaderSize = 16;
    private const ushort TextAttribute = 1;

    /// <summary>Reads the payload of NLMSG_ERROR. NETLINK_CAP_ACK is on: of the request, only its header follows.</summary>
    public static NetlinkAck Read(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < ErrorSize)
            return new(5, "a netlink acknowledgement was cut short");
        var errno = -MemoryMarshal.Read<int>(payload);
        string? text = null;
        if (errno != 0 && (header.Flags & MessageFlags.AckHasAttributes) != 0 && payload.Length > ErrorSize + EchoedHeaderSize)
        {
            var attributes = new AttributeReader(payload[(ErrorSize + EchoedHeaderSize)..]);
            while (attributes.Next())
            {
                if (attributes.Type == TextAttribute)
                    text = attributes.Text;
            }
        }
        return new(errno, text);
    }
}
