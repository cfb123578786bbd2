using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using Overlay.Linux.Announcing;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Probing;

/// <summary>
/// Asks a link's network who has an address, before anyone here has it: RFC 5227 and RFC 4862, with two probes and short
/// waits, as fits a wired segment. No thread waits meanwhile.
/// </summary>
internal static class AddressProbe
{
    private const int Probes = 2, MostAnswers = 64, LongestAnswer = 128;
    private const int ArpSender = 14 + 8, ArpEnd = 14 + 28, EthernetSource = 6, EthernetType = 12;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // Closing a packet socket that listened waits for an RCU grace period, 8 ms and more: after the answer, and not with
    // the whole thread pool.
    private static readonly SemaphoreSlim Closing = new(2);

    /// <summary>The MAC of who has it, or probes for it at the same time; null when nobody said so.</summary>
    public static async Task<MacAddress?> Run(INetNamespace space, string name, Address address, CancellationToken cancellation)
    {
        var action = $"probing {address} on {name} in {space.Name}";
        var link = space.FindLink(name) ?? throw new KernelException(action, ENODEV);
        var mac = link.Mac ?? throw new KernelException(action, EOPNOTSUPP, "the link has no MAC address");
        var socket = Open(space, link.Index, address, action);
        try
        {
            var frame = ProbeFrame.Make(address, mac);
            for (var probe = 0; probe < Probes; probe++)
            {
                Send(socket, link.Index, frame, action);
                await Task.Delay(Interval, cancellation).ConfigureAwait(false);
                if (Answer(socket, mac, action) is { } holder)
                    return holder;
            }
            return null;
        }
        finally
        {
            _ = Close(socket);
        }
    }

    private static unsafe SafeSocketHandle Open(INetNamespace space, int link, Address address, string action)
    {
        // Deaf until the filter is there and the link is named.
        var socket = space.OpenSocket(AF_PACKET, SOCK_RAW, 0);
        try
        {
            var fd = (int)socket.DangerousGetHandle();
            var filter = ProbeFilter.For(address);
            fixed (ProbeFilter.Instruction* program = filter)
            {
                var attached = new FilterProgram { Length = (ushort)filter.Length, Program = (nint)program };
                Check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof(FilterProgram)), action);
            }
            var type = address.IsV4 ? NeighbourFrame.Arp : NeighbourFrame.V6;
            var at = new PacketAddress(link, BinaryPrimitives.ReverseEndianness(type));
            Check(bind(fd, (sockaddr*)&at, sizeof(PacketAddress)), action);
            // Until it has the address, the kernel listens neither for answers (if it has no IPv6 there) nor for other probes.
            foreach (var group in address.IsV4 ? (ReadOnlySpan<Address>)[] : [NeighbourFrame.AllNodes, NeighbourFrame.SolicitedNode(address)])
                Join(fd, link, NeighbourFrame.MacOf(group), action);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Ends with the socket.
    private static unsafe void Join(int fd, int link, MacAddress group, string action)
    {
        const int solPacket = 263, addMembership = 1;
        var membership = new Membership { Link = link, Length = 6 };
        group.WriteBytes(new Span<byte>(membership.Mac, 8));
        Check(setsockopt(fd, solPacket, addMembership, &membership, sizeof(Membership)), action);
    }

    private static unsafe void Send(SafeSocketHandle socket, int link, byte[] frame, string action)
    {
        var to = new PacketAddress(link);
        fixed (byte* data = frame)
            Check((int)sendto((int)socket.DangerousGetHandle(), data, frame.Length, MSG_DONTWAIT, (sockaddr*)&to, sizeof(PacketAddress)), action);
    }

    /// <summary>Looks at what has come by now, and never at more than a few.</summary>
    private static unsafe MacAddress? Answer(SafeSocketHandle socket, MacAddress own, string action)
    {
        Span<byte> frame = stackalloc byte[LongestAnswer];
        for (var answer = 0; answer < MostAnswers; answer++)
        {
            int length;
            fixed (byte* buffer = frame)
                length = (int)recv((int)socket.DangerousGetHandle(), buffer, LongestAnswer, MSG_DONTWAIT);
            if (length < 0 && errno is var error)
                return error == EAGAIN ? null : throw new KernelException(action, error);
            // Our own probe may come back, by a switch that reflects (vepa) or a link that shares its parent's MAC.
            if (length >= ArpEnd && SenderOf(frame) is var sender && sender != own)
                return sender;
        }
        return null;
    }

    private static MacAddress SenderOf(ReadOnlySpan<byte> frame) =>
        MacAddress.FromBytes(frame.Slice(BinaryPrimitives.ReadUInt16BigEndian(frame[EthernetType..]) == NeighbourFrame.Arp ? ArpSender : EthernetSource, 6));

    private static async Task Close(SafeSocketHandle socket)
    {
        await Closing.WaitAsync().ConfigureAwait(false);
        try
        {
            await Task.Run(socket.Dispose).ConfigureAwait(false);
        }
        finally
        {
            Closing.Release();
        }
    }

    private static void Check(int result, string action)
    {
        if (result < 0)
            throw new KernelException(action, errno);
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public nint Program;
    }

    /// <summary>struct packet_mreq.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Membership
    {
        public int Link;
        public ushort Type;
        public ushort Length;
        public fixed byte Mac[8];
    }
}
