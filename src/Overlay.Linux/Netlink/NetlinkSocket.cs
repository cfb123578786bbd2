using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Netlink;

/// <summary>
/// A netlink socket of the namespace it was opened in. The kernel works a request off inside send, so its answers
/// are queued when send returns; only dumps go on during receive. One user at a time: callers lock.
/// </summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    /// <summary>The kernel fills dump parts of at most 32 KiB, if the reader's buffer holds them.</summary>
    private const int ReceiveSize = 64 * 1024;

    /// <summary>Holds the acknowledgements of a full batch; the kernel doubles it for its own overhead.</summary>
    private const int SocketBufferSize = 1024 * 1024;

    private static readonly TimeSpan ReceiveLimit = TimeSpan.FromSeconds(5);

    // Of the thread: a socket per namespace is kept, and few of them receive at a time.
    [ThreadStatic]
    private static byte[]? _buffer;

    private readonly SafeFileHandle _handle;
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle) => _handle = handle;

    /// <summary>Opens in the calling thread's namespace.</summary>
    public static NetlinkSocket Open(int family)
    {
        var fd = Descriptors.Raise(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family));
        if (fd < 0)
            throw new KernelException("opening a netlink socket", errno);
        Set(fd, SOL_SOCKET, SO_RCVBUFFORCE, SocketBufferSize);
        Set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SocketBufferSize);
        Set(fd, SOL_NETLINK, NetlinkOption.ExtAck, 1);
        Set(fd, SOL_NETLINK, NetlinkOption.CapAck, 1);
        if (family == NetlinkFamily.Route)
            Set(fd, SOL_NETLINK, NetlinkOption.GetStrictCheck, 1);
        // Nothing should ever wait that long; a lost answer must not hang the caller for good.
        var limit = stackalloc long[2] { (long)ReceiveLimit.TotalSeconds, 0 };
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, limit, (uint)(2 * sizeof(long)));
        return new NetlinkSocket(new SafeFileHandle(fd, ownsHandle: true));
    }

    public uint NextSequence() => ++_sequence;

    public void Send(ReadOnlySpan<byte> messages)
    {
        var kernel = new NetlinkAddress { Family = (ushort)(int)AF_NETLINK };
        fixed (byte* data = messages)
        {
            while (sendto(Fd, data, messages.Length, 0, (sockaddr*)&kernel, sizeof(NetlinkAddress)) < 0)
            {
                if (errno != EINTR)
                    throw new KernelException("sending to netlink", errno);
            }
        }
    }

    /// <summary>The next datagram; valid until this thread's next call, for whatever socket.</summary>
    public ReadOnlySpan<byte> Receive()
    {
        _buffer ??= GC.AllocateUninitializedArray<byte>(ReceiveSize);
        fixed (byte* data = _buffer)
        {
            while (true)
            {
                var length = (long)recv(Fd, data, ReceiveSize, MSG_TRUNC);
                if (length > ReceiveSize)
                    throw new KernelException("receiving from netlink", EMSGSIZE, $"a message of {length} bytes");
                if (length >= 0)
                    return _buffer.AsSpan(0, (int)length);
                if (errno != EINTR)
                    throw new KernelException("receiving from netlink", errno);
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    private int Fd => (int)_handle.DangerousGetHandle();

    private static void Set(int fd, int level, int option, int value) =>
        setsockopt(fd, level, option, &value, sizeof(int));

    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkAddress
    {
        public ushort Family;
        public ushort Pad;
        public uint PortId;
        public uint Groups;
    }
}
