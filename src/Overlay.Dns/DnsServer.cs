using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns.Forwarding;
using Overlay.Dns.Serving;

namespace Overlay.Dns;

/// <summary>
/// The name server of every sandbox on this host. Its sockets are made by the caller inside the sandbox's namespace
/// and belong to the server from <see cref="Add"/> on; they may have served an earlier process.
/// </summary>
public sealed class DnsServer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectId, Listener> _listeners = [];
    private volatile NameTable _table = NameTable.Empty;

    public NameTable Table => _table;

    /// <param name="udp">Bound; blocking or not.</param>
    /// <param name="tcpListener">Bound and listening.</param>
    /// <param name="sandboxSockets">Makes sockets in the sandbox's namespace, for upstream servers that are asked from there.</param>
    public void Add(ObjectId sandbox, Socket udp, Socket tcpListener, Vantage vantage, IUpstreamSockets? sandboxSockets = null)
    {
        lock (_gate)
        {
            if (!_listeners.TryAdd(sandbox, new Listener(sandbox, udp, tcpListener, vantage, sandboxSockets ?? HostSockets.Instance)))
                throw new InvalidOperationException($"sandbox {sandbox} is served already; remove it first");
        }
    }

    /// <summary>Returns false when the sandbox is not served.</summary>
    public bool SetVantage(ObjectId sandbox, Vantage vantage)
    {
        lock (_gate)
        {
            if (!_listeners.TryGetValue(sandbox, out var listener))
                return false;
            listener.Vantage = vantage;
            return true;
        }
    }

    /// <summary>Every question that arrives after this call is answered from <paramref name="table"/>.</summary>
    public void Update(NameTable table) => _table = table;

    /// <summary>Stops serving a sandbox and closes its sockets; returns false when it is not served.</summary>
    public bool Remove(ObjectId sandbox)
    {
        lock (_gate)
        {
            if (!_listeners.Remove(sandbox, out var listener))
                return false;
            listener.Dispose();
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var listener in _listeners.Values)
                listener.Dispose();
            _listeners.Clear();
        }
    }
}
