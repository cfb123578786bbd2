using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Overlay.Linux.Netlink;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Monitoring;

/// <summary>A netlink socket that only listens to multicast groups.</summary>
internal sealed unsafe class EventSocket : IEventSource
{
    private const int BufferSize = 32 * 1024, SocketBufferSize = 1024 * 1024;

    /// <summary>After so many datagrams the listener is told first; the rest waits in the kernel.</summary>
    private const int MostDatagrams = 64;

    private readonly SafeFileHandle _handle;
    private readonly KernelEvents _kinds;
    private readonly bool _netfilter;

    private EventSocket(SafeFileHandle handle, KernelEvents kinds, bool netfilter)
    {
        _handle = handle;
        _kinds = kinds;
        _netfilter = netfilter;
    }

    public int Fd => (int)_handle.DangerousGetHandle();

    public int Interest => EPOLLIN;

    /// <summary>In the calling thread's namespace. nftables has a netlink family of its own.</summary>
    public static IReadOnlyList<EventSocket> OpenAll(KernelEvents kinds)
    {
        var sockets = new List<EventSocket>(2);
        try
        {
            if (EventKinds.RouteGroups(kinds) is var groups and not 0)
                sockets.Add(Open(NetlinkFamily.Route, groups, kinds));
            if (kinds.HasFlag(KernelEvents.Nftables))
                sockets.Add(Open(NetlinkFamily.Netfilter, EventKinds.NftablesGroup, kinds));
            return sockets;
        }
        catch
        {
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    /// <summary>Takes what is queued of the asked kinds.</summary>
    public IReadOnlyList<KernelNotice> Drain()
    {
        var seen = new List<KernelNotice>();
        var buffer = stackalloc byte[BufferSize];
        for (var i = 0; i < MostDatagrams; i++)
        {
            var length = (long)recv(Fd, buffer, BufferSize, MSG_DONTWAIT);
            if (length >= 0)
            {
                Read(new ReadOnlySpan<byte>(buffer, (int)length), seen);
                continue;
            }
            if (errno == EINTR)
                continue;
            if (errno != ENOBUFS)
                break;
            seen.Add(new(KernelEvents.Overrun));
        }
        seen.RemoveAll(notice => (notice.Kind & (_kinds | KernelEvents.Overrun | KernelEvents.TableGone)) == 0);
        return seen;
    }

    private void Read(ReadOnlySpan<byte> datagram, List<KernelNotice> notices)
    {
        if (_netfilter)
            NoticeReader.ReadNftables(datagram, notices);
        else
            NoticeReader.ReadRoutes(datagram, notices);
    }

    public void Dispose() => _handle.Dispose();

    private static EventSocket Open(int family, uint groups, KernelEvents kinds)
    {
        var fd = Descriptors.Raise(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family));
        if (fd < 0)
            throw new KernelException("opening a netlink socket for notifications", errno);
        var handle = new SafeFileHandle(fd, ownsHandle: true);
        var size = SocketBufferSize;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(int));
        var address = new NetlinkGroups { Family = (ushort)(int)AF_NETLINK, Groups = groups };
        if (bind(fd, (sockaddr*)&address, sizeof(NetlinkGroups)) < 0)
        {
            var error = errno;
            handle.Dispose();
            throw new KernelException("subscribing to kernel notifications", error);
        }
        return new EventSocket(handle, kinds, family == NetlinkFamily.Netfilter);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkGroups
    {
        public ushort Family;
        public ushort Pad;
        public uint PortId;
        public uint Groups;
    }
}
