using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Benchmarks.Probes;

/// <summary>ICMP echo on a raw socket: a request a millisecond, while answers are awaited.</summary>
internal sealed class PingProbe : IProbe
{
    private const int EchoRequest = 8;
    private const int EchoReply = 0;
    private const int MicrosecondsBetween = 1000;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp);
    private readonly byte[] _received = new byte[2048];
    private ushort _sequence;

    public long Until(string target, Func<bool> givenUp)
    {
        var address = new IPEndPoint(IPAddress.Parse(target), 0);
        // An answer to an earlier target must not count: the identifier is new for each.
        var identifier = (ushort)Random.Shared.Next(1, ushort.MaxValue);
        while (!givenUp())
        {
            Send(address, identifier);
            while (_socket.Poll(MicrosecondsBetween, SelectMode.SelectRead))
            {
                var length = _socket.Receive(_received, SocketFlags.None);
                if (IsAnswer(_received.AsSpan(0, length), identifier))
                    return Stopwatch.GetTimestamp();
            }
        }
        return 0;
    }

    public void Dispose() => _socket.Dispose();

    private void Send(IPEndPoint address, ushort identifier)
    {
        Span<byte> request = stackalloc byte[16];
        request[0] = EchoRequest;
        BinaryPrimitives.WriteUInt16BigEndian(request[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(request[6..], ++_sequence);
        BinaryPrimitives.WriteUInt16BigEndian(request[2..], Checksum(request));
        try
        {
            _socket.SendTo(request, SocketFlags.None, address);
        }
        catch (SocketException)
        {
            // No such neighbour yet (EHOSTUNREACH comes back on the next send): that is what is being waited for.
        }
    }

    // A raw IPv4 socket hands out the IP header as well.
    private static bool IsAnswer(ReadOnlySpan<byte> packet, ushort identifier)
    {
        var header = packet.Length > 0 ? (packet[0] & 0x0f) * 4 : 0;
        return packet.Length >= header + 8
            && packet[header] == EchoReply
            && BinaryPrimitives.ReadUInt16BigEndian(packet[(header + 4)..]) == identifier;
    }

    // RFC 1071.
    private static ushort Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (var i = 0; i < data.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(data[i..]);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
