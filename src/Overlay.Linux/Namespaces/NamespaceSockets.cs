using System.Net;
using System.Net.Sockets;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Namespaces;

/// <summary>A socket stays in the namespace it was made in, so only the making happens there.</summary>
internal static class NamespaceSockets
{
    private const int Backlog = 512;

    /// <summary>For the calling thread's namespace.</summary>
    public static SafeSocketHandle Open(int domain, int type, int protocol, string space)
    {
        var fd = Descriptors.Raise(socket(domain, type | SOCK_CLOEXEC, protocol));
        return fd >= 0
            ? new SafeSocketHandle(fd, ownsHandle: true)
            : throw new KernelException($"opening a socket in {space}", errno);
    }

    public static Socket BindUdp(INetNamespace space, IPEndPoint local) =>
        Bind(space, local, SOCK_DGRAM, "UDP", listen: false);

    public static Socket ListenTcp(INetNamespace space, IPEndPoint local) =>
        Bind(space, local, SOCK_STREAM, "TCP", listen: true);

    private static Socket Bind(INetNamespace space, IPEndPoint local, int type, string protocol, bool listen)
    {
        var v6 = local.AddressFamily == AddressFamily.InterNetworkV6;
        var bound = new Socket(space.OpenSocket(v6 ? AF_INET6 : AF_INET, type, 0));
        try
        {
            if (v6)
                bound.DualMode = false;
            // Connections of a listener before us that linger in TIME_WAIT must not keep its port from us.
            if (listen)
                bound.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            bound.Bind(local);
            if (listen)
                bound.Listen(Backlog);
            return bound;
        }
        catch (SocketException exception)
        {
            bound.Dispose();
            throw new KernelException($"opening {protocol} {local} in {space.Name}", exception.NativeErrorCode);
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }
}
