using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Conntrack;

/// <summary>One direction of a connection.</summary>
internal readonly record struct ConnectionTuple(Address? Source, Address? Destination, byte Protocol, int SourcePort, int DestinationPort)
{
    private const ushort Ip = 1, Transport = 2;
    private const ushort SourceV4 = 1, DestinationV4 = 2, SourceV6 = 3, DestinationV6 = 4;
    private const ushort ProtocolNumber = 1, SourcePortNumber = 2, DestinationPortNumber = 3;

    public static ConnectionTuple Read(AttributeReader attributes)
    {
        var tuple = default(ConnectionTuple);
        while (attributes.Next())
        {
            var nested = attributes.Nested;
            while (nested.Next())
                tuple = attributes.Type switch
                {
                    Ip => tuple.WithAddress(nested),
                    Transport => tuple.WithPort(nested),
                    _ => tuple,
                };
        }
        return tuple;
    }

    private ConnectionTuple WithAddress(AttributeReader attribute) => attribute.Type switch
    {
        SourceV4 or SourceV6 => this with { Source = attribute.Address },
        DestinationV4 or DestinationV6 => this with { Destination = attribute.Address },
        _ => this,
    };

    private ConnectionTuple WithPort(AttributeReader attribute) => attribute.Type switch
    {
        ProtocolNumber => this with { Protocol = attribute.Byte },
        SourcePortNumber => this with { SourcePort = attribute.UInt16BigEndian },
        DestinationPortNumber => this with { DestinationPort = attribute.UInt16BigEndian },
        _ => this,
    };
}
