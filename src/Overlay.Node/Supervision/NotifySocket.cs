using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Node.Supervision;

/// <summary>
/// The supervisor's datagram socket (sd_notify(3)): a message is lines of KEY=VALUE, a file descriptor travels beside
/// it as SCM_RIGHTS, which .NET's sockets cannot send.
/// </summary>
internal sealed class NotifySocket : IDisposable
{
    public const string Variable = "NOTIFY_SOCKET";

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;

    private NotifySocket(Socket socket) => _socket = socket;

    /// <summary>Null when there is no supervisor (no path given), or none that can be reached: that costs a line, not the start.</summary>
    public static NotifySocket? Open(string? path, TextWriter complaints)
    {
        if (string.IsNullOrEmpty(path))
            return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTimeout = (int)SendTimeout.TotalMilliseconds;
            // A leading @ stands for the abstract namespace's leading NUL.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
            return new NotifySocket(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            complaints.WriteLine($"overlayd: no supervisor at {path} ({Variable}): {error.Message}; going on without one");
            return null;
        }
    }

    public void Send(string message) => _socket.Send(Encoding.UTF8.GetBytes(message));

    public unsafe void Send(string message, SafeHandle descriptor)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var space = CMSG_SPACE(sizeof(int));
        var control = stackalloc byte[(int)space];
        var owned = false;
        descriptor.DangerousAddRef(ref owned);
        try
        {
            fixed (byte* bytes = text)
            {
                var part = new iovec { iov_base = bytes, iov_len = text.Length };
                var header = new msghdr { msg_iov = &part, msg_iovlen = 1, msg_control = control, msg_controllen = space };
                var rights = CMSG_FIRSTHDR(&header);
                rights->cmsg_level = SOL_SOCKET;
                rights->cmsg_type = SCM_RIGHTS;
                rights->cmsg_len = CMSG_LEN(sizeof(int));
                *(int*)CMSG_DATA(rights) = (int)descriptor.DangerousGetHandle();
                if (sendmsg((int)_socket.Handle, &header, MSG_NOSIGNAL) < 0)
                    throw new Win32Exception(errno);
            }
        }
        finally
        {
            if (owned)
                descriptor.DangerousRelease();
        }
    }

    public void Dispose() => _socket.Dispose();
}
