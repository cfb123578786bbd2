using Overlay.Core.Addressing;
using Overlay.Linux.Announcing;

namespace Overlay.Linux.Probing;

/// <summary>The frames that ask whether somebody has an address, in the name of nobody: an ARP probe (RFC 5227, 2.1.1),
/// or the neighbour solicitation of duplicate address detection (RFC 4862, 5.4.2). They change nobody's caches.</summary>
internal static class ProbeFrame
{
    private const int ArpSize = 28, SolicitationSize = 24;
    private const byte NeighbourSolicitation = 135;

    public static byte[] Make(Address address, MacAddress mac) => address.IsV4 ? ForV4(address, mac) : ForV6(address, mac);

    private static byte[] ForV4(Address address, MacAddress mac)
    {
        var frame = new byte[NeighbourFrame.EthernetSize + ArpSize];
        NeighbourFrame.WriteArpRequest(frame, mac, Address.V4(0), address);
        return frame;
    }

    private static byte[] ForV6(Address address, MacAddress mac)
    {
        var frame = new byte[NeighbourFrame.EthernetSize + NeighbourFrame.V6Size + SolicitationSize];
        // Without the option that names our MAC: from :: it is forbidden, and the answer goes to all nodes.
        NeighbourFrame.WriteV6(frame, mac, default, NeighbourFrame.SolicitedNode(address), body =>
        {
            body[0] = NeighbourSolicitation;
            address.WriteBytes(body[8..]);
        });
        return frame;
    }
}
