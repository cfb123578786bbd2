using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Announcing;

/// <summary>Sends whole frames out of single links, past the bridge they may be ports of.</summary>
internal sealed unsafe class Announcer(INetNamespace space) : IDisposable
{
    private readonly SafeSocketHandle _socket = space.OpenSocket(AF_PACKET, SOCK_RAW, 0);

    public void Send(IReadOnlyList<string> links, Address address, MacAddress mac)
    {
        var frame = AnnouncementFrame.Make(address, mac);
        var failures = new List<KernelException>();
        foreach (var name in links)
        {
            var errno = space.FindLink(name) is { } link ? Send(link.Index, frame) : ENODEV;
            if (errno != 0)
                failures.Add(new KernelException($"announcing {address} at {mac} on {name} in {space.Name}", errno));
        }
        if (KernelException.Combine(failures) is { } failure)
            throw failure;
    }

    public void Dispose() => _socket.Dispose();

    private int Send(int link, byte[] frame)
    {
        var to = new PacketAddress { Family = (ushort)(int)AF_PACKET, Link = link, AddressLength = 6 };
        fixed (byte* data = frame)
        {
            // Sent or not, once: the next retry of the neighbour does the same.
            return sendto((int)_socket.DangerousGetHandle(), data, frame.Length, MSG_DONTWAIT, (sockaddr*)&to, sizeof(PacketAddress)) < 0
                ? errno
                : 0;
        }
    }

    /// <summary>sockaddr_ll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PacketAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int Link;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }
}
