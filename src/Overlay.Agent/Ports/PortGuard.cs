using System.Net;
using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Ports;

/// <param name="Holder">Null: nobody has it, and it cannot be published all the same.</param>
internal sealed record PortProblem(string Code, string Message, string? Holder = null);

/// <summary>A published port takes its packets before any program sees them: who listens there already must be told.</summary>
internal static class PortGuard
{
    private const int AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2, EADDRINUSE = 98;

    private static readonly Address Any4 = Address.V4(0);
    private static readonly Address Any6 = new(0);

    /// <summary>Null when the port is free on the host.</summary>
    /// <param name="at">Null: every address of the families that follow.</param>
    public static PortProblem? Look(INetNamespace host, string protocol, Address? at, int port, bool v4, bool v6) => at is { } address
        ? LookAt(host, protocol, address, port)
        : (v4 ? LookAt(host, protocol, Any4, port) : null) ?? (v6 ? LookAt(host, protocol, Any6, port) : null);

    private static PortProblem? LookAt(INetNamespace host, string protocol, Address address, int port)
    {
        try
        {
            using var socket = new Socket(host.OpenSocket(address.IsV4 ? AF_INET : AF_INET6, protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM, 0));
            // Who listens on IPv4 alone is not in the way of a port that is published on IPv6.
            if (!address.IsV4)
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, true);
            // Without it, connections that ended a minute ago would count as holders.
            if (protocol == "tcp")
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address.ToIPAddress(), port));
            return null;
        }
        catch (SocketException error) when (error.NativeErrorCode == EADDRINUSE || error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            var holder = PortHolders.NameOf(host, protocol, port) ?? "another program";
            return new(ErrorCodes.PortTaken, $"port {port}/{protocol} of this host is taken by {holder}; stop it, or publish another port", holder);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            return new(ErrorCodes.InvalidArgument, $"no {protocol} port can be published at {address}: this host has no such address");
        }
        catch (SocketException) when (address == Any6 && host.ReadSysctl("net/ipv6/conf/all/disable_ipv6") is null)
        {
            return null;
        }
        catch (Exception error) when (error is KernelException or SocketException)
        {
            return new(ErrorCodes.ApplyFailed, $"port {port}/{protocol} cannot be looked at: {error.Message}");
        }
    }
}
