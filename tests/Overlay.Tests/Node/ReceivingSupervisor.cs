using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Tests.Node;

/// <summary>The other end of the supervisor's protocol: what a message says, and the descriptor beside it.</summary>
internal sealed class ReceivingSupervisor : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public ReceivingSupervisor(string path) => _socket.Bind(new UnixDomainSocketEndPoint(path));

    public unsafe (string Message, int? Descriptor) Receive()
    {
        var text = stackalloc byte[4096];
        var control = stackalloc byte[64];
        var part = new iovec { iov_base = text, iov_len = 4096 };
        var header = new msghdr { msg_iov = &part, msg_iovlen = 1, msg_control = control, msg_controllen = 64 };
        var length = (int)recvmsg((int)_socket.Handle, &header, MSG_DONTWAIT);
        Assert(length > 0);
        var rights = CMSG_FIRSTHDR(&header);
        return (Encoding.UTF8.GetString(text, length), rights is null ? null : *(int*)CMSG_DATA(rights));
    }

    public static void MakeBlockingAndInherited(int descriptor)
    {
        Assert(fcntl(descriptor, F_SETFL, 0) == 0);
        Assert(fcntl(descriptor, F_SETFD, 0) == 0);
    }

    public static bool IsNonBlockingAndClosedOnExec(int descriptor) =>
        (fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0;

    public static int Duplicate(SafeHandle handle) => dup((int)handle.DangerousGetHandle());

    public void Dispose() => _socket.Dispose();

    private static void Assert(bool holds) => Xunit.Assert.True(holds);
}
