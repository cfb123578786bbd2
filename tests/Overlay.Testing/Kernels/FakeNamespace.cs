using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>A handle on a namespace of the fake. Its sockets are real ones, on the loopback of the test's process.</summary>
public sealed partial class FakeNamespace : INetNamespace
{
    private const int SOCK_CLOEXEC = 0x80000;

    private readonly bool _owned;
    private bool _disposed;

    internal FakeNamespace(FakeNamespaceState state, bool owned)
    {
        State = state;
        _owned = owned;
        state.Handles++;
    }

    public NamespaceId Id => State.Id;

    public string Name => State.Name;

    public INftables Nftables => State.Nftables;

    /// <summary>Nobody uses iptables' old interface here.</summary>
    public string? ListLegacyFilter(bool v6) => null;

    internal FakeNamespaceState State { get; }

    private FakeKernel Kernel => State.Kernel;

    public IReadOnlyList<Link> DumpLinks() =>
        Dump("links", () => State.Links.Values.OrderBy(link => link.Index).Select(link => link.Snapshot()));

    public IReadOnlyList<InterfaceAddress> DumpAddresses(int link) =>
        Dump("addresses", () => State.Links.Values.SelectMany(l => l.Addresses).Where(a => link == 0 || a.LinkIndex == link));

    public IReadOnlyList<Neighbour> DumpNeighbours(int link) =>
        Dump("neighbours", () => State.Links.Values.SelectMany(l => l.Neighbours.Values).Where(n => link == 0 || n.LinkIndex == link));

    public IReadOnlyList<FdbEntry> DumpFdb(int link) =>
        Dump("forwarding entries", () => State.Links.Values.SelectMany(l => l.Fdb()).Where(f => link == 0 || f.LinkIndex == link));

    public IReadOnlyList<Route> DumpRoutes(int link) => Dump("routes", () => State.Routes.Where(r => link == 0 || r.LinkIndex == link));

    public Link? FindLink(string name) => Find(name, link => link.Name == name);

    public Link? FindLink(int index) => Find(index, link => link.Index == index);

    public void Apply(IReadOnlyList<KernelChange> changes)
    {
        var failures = new List<KernelException>();
        lock (Kernel.Gate)
        {
            var notMade = new HashSet<string>(StringComparer.Ordinal);
            foreach (var change in changes)
            {
                var action = $"{change} in {Name}";
                try
                {
                    var lost = Kernel.Check(change.GetType(), action, change, State);
                    var missing = LinkNames.Of(change).FirstOrDefault(notMade.Contains);
                    var before = FakeNotices.Indexes(State, change);
                    var errno = ChangeCheck.Refusal(change) is not null ? Errno.EINVAL
                        : missing is not null ? Errno.ENODEV
                        : FakeChanges.Apply(State, change);
                    if (errno != 0)
                        throw new KernelException(action, errno);
                    Kernel.Record(action);
                    State.Report(FakeNotices.Of(State, change, before));
                    if (lost != 0)
                        throw new KernelException(action, lost, "its acknowledgement was lost");
                }
                catch (KernelException exception)
                {
                    failures.Add(UnknownKind.Explain(change, exception.Errno, exception.Detail) is { } why ? new(action, exception.Errno, why) : exception);
                    if (change is AddLink link)
                        notMade.Add(link.Name);
                }
            }
        }
        Kernel.Deliver();
        if (KernelException.Combine(failures) is { } failure)
            throw failure;
    }

    public Task Delete(IReadOnlyList<string> links)
    {
        try
        {
            Apply([.. links.Select(link => new DeleteLink(link))]);
            return Task.CompletedTask;
        }
        catch (KernelException failure)
        {
            return Task.FromException(failure);
        }
    }

    public string? ReadSysctl(string name)
    {
        lock (Kernel.Gate)
        {
            Kernel.Check(FakeOperation.ReadSysctl, $"reading {name} in {Name}");
            return State.Sysctls.Read(name);
        }
    }

    public void WriteSysctl(string name, string value)
    {
        lock (Kernel.Gate)
        {
            var action = $"setting {name} to {value} in {Name}";
            Kernel.Check(FakeOperation.WriteSysctl, action);
            if (!State.Sysctls.Write(name, value))
                throw new KernelException(action, Errno.ENOENT);
            Kernel.Record(action);
        }
    }

    public SafeSocketHandle OpenSocket(int domain, int type, int protocol)
    {
        CheckSocket($"a socket of kind {domain}/{type}/{protocol}");
        return new(OpenReal(domain, type | SOCK_CLOEXEC, protocol), ownsHandle: true);
    }

    public IReadOnlyList<BoundSocket> DumpSockets() => Dump("sockets", () => State.Sockets);

    /// <summary>Bound to the loopback of the test's process, at a free port.</summary>
    public Socket BindUdp(IPEndPoint endpoint)
    {
        CheckSocket(endpoint);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>Bound to the loopback of the test's process, at a free port.</summary>
    public Socket ListenTcp(IPEndPoint endpoint)
    {
        CheckSocket(endpoint);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    public IDisposable Monitor(KernelEvents kinds, Action<KernelEvents> changed) =>
        Watch(kinds, notices => changed(notices.Aggregate(KernelEvents.None, (seen, notice) => seen | notice.Kind)));

    public IDisposable Watch(KernelEvents kinds, Action<IReadOnlyList<KernelNotice>> reported)
    {
        lock (Kernel.Gate)
        {
            Kernel.Check(FakeOperation.Monitor, $"watching {Name}");
            State.Monitors.Add((kinds, reported));
        }
        return new Subscription(this, kinds, reported);
    }

    public int? NumberOf(INetNamespace other)
    {
        lock (Kernel.Gate)
            return State.KnownNumberOf(((FakeNamespace)other).State);
    }

    public int DeleteConnections(params IReadOnlyList<ConnectionFilter> filters)
    {
        lock (Kernel.Gate)
        {
            var action = $"deleting connections to {string.Join(' ', filters.Select(f => $"{f.OriginalDestination}:{f.OriginalDestinationPort} answered by {f.ReplySource}:{f.ReplySourcePort}"))} in {Name}";
            Kernel.Check(FakeOperation.DeleteConnections, action);
            Kernel.Record(action);
            return 0;
        }
    }

    public void Announce(IReadOnlyList<string> links, params IReadOnlyList<(Address Address, MacAddress Mac)> holders)
    {
        lock (Kernel.Gate)
        {
            var action = $"announcing {string.Join(", ", holders.Select(h => $"{h.Address} at {h.Mac}"))} on {string.Join(' ', links)} in {Name}";
            Kernel.Check(FakeOperation.Announce, action);
            if (links.Any(link => !State.Links.ContainsKey(link)))
                throw new KernelException(action, Errno.ENODEV);
            Kernel.Record(action);
        }
    }

    public async Task<MacAddress?> FindHolder(string link, Address address, CancellationToken cancellation)
    {
        var action = $"probing {address} on {link} in {Name}";
        lock (Kernel.Gate)
        {
            Kernel.Check(FakeOperation.FindHolder, action);
            if (!State.Links.TryGetValue(link, out var asking))
                throw new KernelException(action, Errno.ENODEV);
            if (!asking.IsUp)
                throw new KernelException(action, Errno.ENETDOWN);
            Kernel.Record(action);
        }
        await Kernel.Answers.WaitAsync(cancellation);
        lock (Kernel.Gate)
            return State.Links.TryGetValue(link, out var asking) ? FakeSegment.HolderOf(asking, address)?.Mac : null;
    }

    public void Dispose()
    {
        lock (Kernel.Gate)
        {
            if (_disposed || !_owned)
                return;
            _disposed = true;
            State.Handles--;
            State.EndIfUnheld();
        }
        Kernel.Deliver();
    }

    private Link? Find(object link, Func<FakeLink, bool> isIt)
    {
        lock (Kernel.Gate)
        {
            Kernel.Check(FakeOperation.FindLink, $"looking up link {link} in {Name}");
            var found = State.Links.Values.FirstOrDefault(isIt)?.Snapshot();
            Kernel.CountReads(found is null ? 0 : 1);
            return found;
        }
    }

    private List<T> Dump<T>(string what, Func<IEnumerable<T>> read)
    {
        lock (Kernel.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Kernel.Check(FakeOperation.Dump, $"listing {what} in {Name}");
            List<T> found = [.. read()];
            Kernel.CountReads(found.Count);
            return found;
        }
    }

    private void CheckSocket(object what)
    {
        lock (Kernel.Gate)
            Kernel.Check(FakeOperation.OpenSocket, $"opening {what} in {Name}");
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial nint OpenReal(int domain, int type, int protocol);

    private sealed class Subscription(FakeNamespace space, KernelEvents kinds, Action<IReadOnlyList<KernelNotice>> reported) : IDisposable
    {
        public void Dispose()
        {
            lock (space.Kernel.Gate)
                space.State.Monitors.Remove((kinds, reported));
        }
    }
}
