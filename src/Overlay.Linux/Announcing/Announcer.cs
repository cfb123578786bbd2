using System.Net.Sockets;
using Overlay.Core.Addressing;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Announcing;

/// <summary>Sends whole frames out of single links, past the bridge they may be ports of.</summary>
internal sealed unsafe class Announcer(INetNamespace space) : IDisposable
{
    private readonly SafeSocketHandle _socket = space.OpenSocket(AF_PACKET, SOCK_RAW, 0);

    /// <summary>Throws once per link, for its first failure.</summary>
    public void Send(IReadOnlyList<string> links, IReadOnlyList<(Address Address, MacAddress Mac)> holders)
    {
        (Address Address, MacAddress Mac, byte[] Frame)[] frames = [.. holders.Select(h => (h.Address, h.Mac, AnnouncementFrame.Make(h.Address, h.Mac)))];
        var failures = new List<KernelException>();
        foreach (var name in links)
        {
            var index = space.FindLink(name)?.Index;
            foreach (var (address, mac, frame) in frames)
            {
                var error = index is { } link ? Send(link, frame) : ENODEV;
                if (error == 0)
                    continue;
                failures.Add(new KernelException($"announcing {address} at {mac} on {name} in {space.Name}", error));
                break;
            }
        }
        if (KernelException.Combine(failures) is { } failure)
            throw failure;
    }

    public void Dispose() => _socket.Dispose();

    private int Send(int link, byte[] frame)
    {
        var to = new PacketAddress(link);
        fixed (byte* data = frame)
        {
            // Sent or not, once: the next retry of the neighbour does the same.
            return sendto((int)_socket.DangerousGetHandle(), data, frame.Length, MSG_DONTWAIT, (sockaddr*)&to, sizeof(PacketAddress)) < 0
                ? errno
                : 0;
        }
    }
}
