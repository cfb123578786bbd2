using System.Net.Sockets;
using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Overlay.Dns.Explaining;
using Overlay.Dns.Forwarding;
using Overlay.Dns.Serving;
using Overlay.Dns.Wire;

namespace Overlay.Dns;

/// <summary>
/// The name server of every sandbox on this host. Its sockets are made by the caller inside the sandbox's namespace
/// and belong to the server from <see cref="Add"/> on; they may have served an earlier process.
/// </summary>
/// <remarks>
/// <code>
/// sandbox's sockets ─► ServerLoop (epoll, batches) ─► Responder ─► Answerer over NameTable ─► reply
///                          └ accept ─► TcpSession ───────┘  └► AnswerCache │ Forwarder ─► upstream
/// </code>
/// Tables and vantages are immutable and swapped by reference; nothing that answers takes a lock.
/// </remarks>
public sealed class DnsServer : IDisposable
{
    private const int MaxConnections = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectId, (Listener Listener, ServerLoop Loop)> _served = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly Responder _responder;
    private readonly ServerLoop[] _loops;
    private int _connections;
    private bool _isDisposed;

    /// <param name="loops">Threads that answer; one serves a hundred thousand questions a second.</param>
    public DnsServer(TimeProvider? time = null, int loops = 1)
    {
        _time = time ?? TimeProvider.System;
        _responder = new Responder(_time, _stopping.Token);
        _loops = [.. Enumerable.Range(0, loops).Select(i => new ServerLoop(_responder, i, Accepted))];
    }

    public NameTable Table => _responder.Table;

    /// <summary>Questions since the start, by what became of them.</summary>
    public IReadOnlyDictionary<DnsResult, long> Statistics => _responder.Counters.Snapshot();

    /// <summary>Sandboxes that are served.</summary>
    public IReadOnlyCollection<ObjectId> Sandboxes
    {
        get
        {
            lock (_gate)
                return [.. _served.Keys];
        }
    }

    /// <param name="udp">Bound; blocking or not.</param>
    /// <param name="tcpListener">Bound and listening.</param>
    /// <param name="sandboxSockets">Makes sockets in the sandbox's namespace, for upstream servers that are asked from there.</param>
    public void Add(ObjectId sandbox, Socket udp, Socket tcpListener, Vantage vantage, IUpstreamSockets? sandboxSockets = null)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_served.ContainsKey(sandbox))
                throw new InvalidOperationException($"sandbox {sandbox} is served already; remove it first");
            var listener = new Listener(sandbox, udp, tcpListener, vantage, sandboxSockets ?? HostSockets.Instance);
            var loop = _loops.MinBy(l => l.Count)!;
            loop.Add(listener);
            _served.Add(sandbox, (listener, loop));
        }
    }

    /// <summary>Returns false when the sandbox is not served.</summary>
    public bool SetVantage(ObjectId sandbox, Vantage vantage)
    {
        lock (_gate)
        {
            if (!_served.TryGetValue(sandbox, out var served))
                return false;
            served.Listener.SetVantage(vantage);
            return true;
        }
    }

    /// <summary>Every question that arrives after this call is answered from <paramref name="table"/>.</summary>
    public void Update(NameTable table) => _responder.Table = table;

    /// <summary>Asks as the sandbox would and says how the answer came about; null when the sandbox is not served.</summary>
    /// <exception cref="FormatException">No name that DNS can ask for.</exception>
    public async Task<Explanation?> ExplainAsync(ObjectId sandbox, string name, RecordType type)
    {
        Listener listener;
        lock (_gate)
        {
            if (!_served.TryGetValue(sandbox, out var served))
                return null;
            listener = served.Listener;
        }
        return await Explainer.ExplainAsync(_responder, listener, name, type).ConfigureAwait(false);
    }

    /// <summary>Stops serving a sandbox and closes its sockets; returns false when it is not served.</summary>
    public bool Remove(ObjectId sandbox)
    {
        lock (_gate)
        {
            if (!_served.Remove(sandbox, out var served))
                return false;
            served.Loop.Remove(served.Listener);
            served.Listener.Dispose();
            return true;
        }
    }

    /// <summary>Stops answering. Sockets that a supervisor holds too go on queueing questions for the next process.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _stopping.Cancel();
            foreach (var loop in _loops)
                loop.Dispose();
            foreach (var (listener, _) in _served.Values)
                listener.Dispose();
            _served.Clear();
        }
    }

    private void Accepted(Listener listener, Socket connection)
    {
        if (Interlocked.Increment(ref _connections) > MaxConnections || !listener.TryEnterConnection())
        {
            Interlocked.Decrement(ref _connections);
            connection.Dispose();
            return;
        }
        _ = ServeAsync(listener, connection);
    }

    private async Task ServeAsync(Listener listener, Socket connection)
    {
        try
        {
            await new TcpSession(connection, listener, _responder, _time, _stopping.Token).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            listener.LeaveConnection();
            Interlocked.Decrement(ref _connections);
        }
    }
}
