using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns.Forwarding;

namespace Overlay.Dns.Serving;

/// <summary>One sandbox's sockets and what it may see.</summary>
internal sealed class Listener(ObjectId sandbox, Socket udp, Socket tcp, Vantage vantage, IUpstreamSockets sandboxSockets) : IDisposable
{
    public ObjectId Sandbox => sandbox;

    public Socket Udp => udp;

    public Socket Tcp => tcp;

    public IUpstreamSockets SandboxSockets => sandboxSockets;

    public Vantage Vantage { get; set; } = vantage;

    public void Dispose()
    {
        udp.Dispose();
        tcp.Dispose();
    }
}
