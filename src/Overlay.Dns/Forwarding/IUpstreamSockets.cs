using System.Net.Sockets;

namespace Overlay.Dns.Forwarding;

/// <summary>Makes the sockets with which upstream servers are asked; they live in the namespace they were made in.</summary>
/// <remarks>Called from any thread, often; an error is thrown as <see cref="SocketException"/> and counts as a failed try.</remarks>
public interface IUpstreamSockets
{
    Socket Open(AddressFamily family, SocketType type);
}

/// <summary>Sockets of the namespace that this process runs in.</summary>
public sealed class HostSockets : IUpstreamSockets
{
    public static readonly HostSockets Instance = new();

    public Socket Open(AddressFamily family, SocketType type) =>
        new(family, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
}
