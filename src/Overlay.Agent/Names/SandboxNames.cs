using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Overlay.Agent.Desired;
using Overlay.Agent.Supervision;
using Overlay.Agent.View;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns;
using Overlay.Dns.Forwarding;
using Overlay.Linux;

namespace Overlay.Agent.Names;

/// <summary>
/// The DNS sockets of each sandbox. They are in the supervisor's store as long as the sandbox lives, under a name that
/// tells the sandbox and the namespace: a socket of a namespace that was made anew serves no one.
/// </summary>
internal sealed class SandboxNames(string host, DnsServer server, ISocketStore store) : IDisposable
{
    // The same port at every start, so that the sandbox's rules need no change; another one where it is taken.
    private const int PreferredPort = 41153;

    private static readonly IPAddress Listen = ResolvConf.SandboxServer.ToIPAddress();

    private readonly Dictionary<string, SafeSocketHandle> _inherited = new(store.TakeOver());
    private readonly Dictionary<ObjectId, Served> _served = [];

    /// <summary>Answers in the sandbox from now on; returns the port that 53 must be mapped to.</summary>
    public int Serve(DesiredSandbox sandbox, INetNamespace space, HostView view, ResolvConf resolver)
    {
        var vantage = VantageOf(sandbox, view, resolver);
        var id = sandbox.Record.Id;
        if (_served.TryGetValue(id, out var served) && served.Namespace == space.Id)
        {
            server.SetVantage(id, vantage);
            return served.Port;
        }
        End(id);
        var (udp, tcp) = Sockets(id, space);
        var port = ((IPEndPoint)udp.LocalEndPoint!).Port;
        server.Add(id, udp, tcp, vantage, new SpaceSockets(space));
        _served[id] = new(space.Id, port);
        return port;
    }

    /// <summary>The sandbox has ended, or asks someone else.</summary>
    public void End(ObjectId sandbox)
    {
        if (!_served.Remove(sandbox, out var served))
            return;
        server.Remove(sandbox);
        store.Remove(NameOf("udp", sandbox, served.Namespace));
        store.Remove(NameOf("tcp", sandbox, served.Namespace));
    }

    /// <summary>Gives up inherited sockets that no sandbox wanted: they keep dead namespaces alive.</summary>
    public void DropLeftovers(IReadOnlyDictionary<ObjectId, DesiredSandbox> sandboxes)
    {
        foreach (var (name, socket) in _inherited.ToArray())
        {
            if (name.Split('-') is ["dns", _, var id, _] && ObjectId.TryParse(id, out var sandbox) && sandboxes.ContainsKey(sandbox) && !_served.ContainsKey(sandbox))
                continue;
            socket.Dispose();
            store.Remove(name);
            _inherited.Remove(name);
        }
    }

    public void Dispose()
    {
        foreach (var socket in _inherited.Values)
            socket.Dispose();
    }

    private (Socket Udp, Socket Tcp) Sockets(ObjectId sandbox, INetNamespace space)
    {
        var (udpName, tcpName) = (NameOf("udp", sandbox, space.Id), NameOf("tcp", sandbox, space.Id));
        if (_inherited.Remove(udpName, out var udpHandle) & _inherited.Remove(tcpName, out var tcpHandle))
            return (new Socket(udpHandle!), new Socket(tcpHandle!));
        udpHandle?.Dispose();
        tcpHandle?.Dispose();
        var (udp, tcp) = Bind(space);
        store.Put(udpName, udp.SafeHandle);
        store.Put(tcpName, tcp.SafeHandle);
        return (udp, tcp);
    }

    private static (Socket Udp, Socket Tcp) Bind(INetNamespace space)
    {
        for (var attempt = 0; ; attempt++)
        {
            Socket? udp = null;
            try
            {
                udp = space.BindUdp(new IPEndPoint(Listen, attempt == 0 ? PreferredPort : 0));
                return (udp, space.ListenTcp((IPEndPoint)udp.LocalEndPoint!));
            }
            catch (Exception error) when (attempt < 8 && error is KernelException or SocketException)
            {
                udp?.Dispose();
            }
        }
    }

    private Vantage VantageOf(DesiredSandbox sandbox, HostView view, ResolvConf resolver)
    {
        var networks = sandbox.Attachments
            .Select(a => view.Networks.GetValueOrDefault(a.Network)?.Spec)
            .Where(n => n is not null)
            .ToArray();
        ImmutableArray<UpstreamServer> upstreams = sandbox.Record.DnsServers.IsEmpty
            ? [.. resolver.Servers.Select(a => new UpstreamServer(a, FromSandbox: false))]
            : [.. sandbox.Record.DnsServers.Select(a => new UpstreamServer(a, FromSandbox: true))];
        return new(host, [.. networks.Where(n => !n!.BuiltIn).Select(n => n!.Id)], upstreams, Forwards: networks.Any(n => !n!.Internal));
    }

    private static string NameOf(string protocol, ObjectId sandbox, NamespaceId space) =>
        string.Create(CultureInfo.InvariantCulture, $"dns-{protocol}-{sandbox}-{space.Inode}");

    private sealed record Served(NamespaceId Namespace, int Port);

    private sealed class SpaceSockets(INetNamespace space) : IUpstreamSockets
    {
        public Socket Open(AddressFamily family, SocketType type)
        {
            const int AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1, SOCK_DGRAM = 2;
            try
            {
                return new(space.OpenSocket(family == AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET, type == SocketType.Stream ? SOCK_STREAM : SOCK_DGRAM, 0));
            }
            catch (KernelException failure)
            {
                throw new SocketException(failure.Errno, failure.Message);
            }
        }
    }
}
