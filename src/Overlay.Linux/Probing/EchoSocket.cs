using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Probing;

/// <summary>
/// Sends ICMP echo requests out of a namespace and takes the replies to them. The replying kernel needs no process for
/// it. Not for several threads at once.
/// </summary>
/// <remarks>
/// A raw socket, because a new namespace lets nobody open a 'ping' socket (net.ipv4.ping_group_range is '1 0'). It is
/// given every echo reply of the namespace: those to others are told apart by what they carry.
/// </remarks>
public sealed class EchoSocket(INetNamespace space) : IDisposable
{
    /// <summary>Bytes of the smallest request, as an IP packet of either family.</summary>
    public const int SmallestSize = V6Header + HeaderSize + CookieSize;

    private const int HeaderSize = 8, CookieSize = 8, V4Header = 20, MaxV4Header = 60, V6Header = 40, MaxSize = 65535;
    private const byte Request4 = 8, Reply4 = 0, Request6 = 128, Reply6 = 129;

    private readonly byte[] _request = new byte[MaxSize];
    private readonly byte[] _reply = new byte[MaxV4Header + 64];
    private readonly ushort _id = (ushort)Random.Shared.Next();
    private Socket? _v4;
    private Socket? _v6;
    private ushort _sequence;

    /// <summary>False when the kernel could not send it: no route, no neighbour, no buffer.</summary>
    /// <param name="cookie">Comes back in the reply.</param>
    /// <param name="size">Of the whole IP packet, which is not fragmented on this network; at least <see cref="SmallestSize"/>.</param>
    public bool TrySend(Address to, ulong cookie, int size = SmallestSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, SmallestSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        var socket = to.IsV4 ? _v4 ??= Open(v4: true) : _v6 ??= Open(v4: false);
        var request = _request.AsSpan(0, size - (to.IsV4 ? V4Header : V6Header));
        request[..(HeaderSize + CookieSize)].Clear();
        request[0] = to.IsV4 ? Request4 : Request6;
        BinaryPrimitives.WriteUInt16BigEndian(request[4..], _id);
        BinaryPrimitives.WriteUInt16BigEndian(request[6..], _sequence++);
        BinaryPrimitives.WriteUInt64BigEndian(request[HeaderSize..], cookie);
        // The kernel writes ICMPv6's checksum itself: it is over the addresses too.
        if (to.IsV4)
            BinaryPrimitives.WriteUInt16BigEndian(request[2..], Checksum(request));
        try
        {
            return socket.SendTo(request, SocketFlags.None, new IPEndPoint(to.ToIPAddress(), 0)) == request.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Takes one reply that has arrived; false when there is none.</summary>
    public bool TryReceive(out ulong cookie) => TryReceive(_v4, out cookie) || TryReceive(_v6, out cookie);

    public void Dispose()
    {
        _v4?.Dispose();
        _v6?.Dispose();
    }

    private bool TryReceive(Socket? socket, out ulong cookie)
    {
        cookie = 0;
        while (socket is not null && socket.Poll(0, SelectMode.SelectRead))
        {
            var message = _reply.AsSpan(0, socket.Receive(_reply, SocketFlags.None, out var error));
            if (error is not (SocketError.Success or SocketError.MessageSize))
                return false;
            // IPv4 raw sockets give the IP header too, IPv6 ones do not.
            if (socket == _v4)
                message = message[Math.Min(message.IsEmpty ? 0 : (message[0] & 0x0f) * 4, message.Length)..];
            if (message.Length < HeaderSize + CookieSize
                || message[0] != (socket == _v4 ? Reply4 : Reply6)
                || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != _id)
                continue;
            cookie = BinaryPrimitives.ReadUInt64BigEndian(message[HeaderSize..]);
            return true;
        }
        return false;
    }

    private Socket Open(bool v4)
    {
        const int solRaw = 255, icmpFilter = 1, solIcmpV6 = 58, receiveBufferForce = 33, receiveBuffer = 4 << 20;
        const int ipMtuDiscover = 10, ipv6MtuDiscover = 23, pathMtuProbe = 3;
        var socket = new Socket(space.OpenSocket(v4 ? AF_INET : AF_INET6, SOCK_RAW, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) { Blocking = false };
        // What is set in the masks is kept out; replies of a thousand hosts wait here between two looks.
        if (v4)
        {
            socket.SetRawSocketOption(solRaw, icmpFilter, BitConverter.GetBytes(~(1u << Reply4)));
        }
        else
        {
            var mask = Enumerable.Repeat((byte)0xff, 32).ToArray();
            mask[Reply6 / 8] &= unchecked((byte)~(1 << (Reply6 % 8)));
            socket.SetRawSocketOption(solIcmpV6, icmpFilter, mask);
        }
        // Never in pieces, and whatever was learned of the path before: it is what is asked.
        socket.SetRawSocketOption(v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? ipMtuDiscover : ipv6MtuDiscover, BitConverter.GetBytes(pathMtuProbe));
        socket.SetRawSocketOption(SOL_SOCKET, receiveBufferForce, BitConverter.GetBytes(receiveBuffer));
        return socket;
    }

    /// <summary>RFC 1071.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> message)
    {
        uint sum = 0;
        for (var i = 0; i + 1 < message.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(message[i..]);
        if (message.Length % 2 != 0)
            sum += (uint)message[^1] << 8;
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
