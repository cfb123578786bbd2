using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Overlay.Core.Addressing;
using Overlay.Linux.Announcing;
using Overlay.Linux.Conntrack;
using Overlay.Linux.Netlink;
using Overlay.Linux.Nftables;
using Overlay.Linux.Probing;
using Overlay.Linux.Rtnetlink;
using Overlay.Linux.Sockets;
using Overlay.Linux.Xtables;

namespace Overlay.Linux.Namespaces;

/// <summary>A namespace held by a descriptor of its nsfs file. Its sockets are opened when first used.</summary>
internal sealed class NetNamespace : INetNamespace, INamespaceFd
{
    private readonly SafeFileHandle _handle;
    private readonly NamespaceTools _tools;
    private readonly Lazy<RouteSocket> _routes;
    private readonly Lazy<NftRunner> _nft;
    // Kept open: closing a packet socket waits for an RCU grace period, 8 ms and more.
    private readonly Lazy<Announcer> _announcer;
    private bool _disposed;

    public NetNamespace(SafeFileHandle handle, string name, NamespaceTools tools, NetlinkSocket? socket = null, bool keepsNft = false)
    {
        _handle = handle;
        _tools = tools;
        Name = name;
        Id = NamespaceFiles.Id(handle);
        _routes = new(() => new RouteSocket(socket ?? OpenNetlink(NetlinkFamily.Route), name));
        _nft = new(() => new NftRunner(this, tools.Nft, keepsNft));
        _announcer = new(() => new Announcer(this));
    }

    public NamespaceId Id { get; }

    public string Name { get; }

    public int Fd => (int)_handle.DangerousGetHandle();

    public INftables Nftables => _nft.Value;

    public string? ListLegacyFilter(bool v6) => _tools.Entry.Run(_handle, () => LegacyFilter.List(v6, Name));

    internal SafeFileHandle Handle => _handle;

    private RouteSocket Routes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _routes.Value;
        }
    }

    public IReadOnlyList<Link> DumpLinks() => Routes.Links();

    public IReadOnlyList<InterfaceAddress> DumpAddresses() => Routes.Addresses();

    public IReadOnlyList<Neighbour> DumpNeighbours() => Routes.Neighbours();

    public IReadOnlyList<FdbEntry> DumpFdb() => Routes.Fdb();

    public IReadOnlyList<Route> DumpRoutes() => Routes.Routes();

    public Link? FindLink(string name) => Routes.Find(name);

    public void Apply(IReadOnlyList<KernelChange> changes) => Routes.Apply(changes);

    public string? ReadSysctl(string name) => _tools.Entry.Run(_handle, () => Sysctl.Read(name, Name));

    public void WriteSysctl(string name, string value) => _tools.Entry.Run(_handle, () =>
    {
        Sysctl.Write(name, value, Name);
        return 0;
    });

    public SafeSocketHandle OpenSocket(int domain, int type, int protocol) =>
        _tools.Entry.Run(_handle, () => NamespaceSockets.Open(domain, type, protocol, Name));

    public IReadOnlyList<BoundSocket> DumpSockets() => _tools.Entry.Run(_handle, () => SocketTables.Read(Name));

    public Socket BindUdp(IPEndPoint local) => NamespaceSockets.BindUdp(this, local);

    public Socket ListenTcp(IPEndPoint local) => NamespaceSockets.ListenTcp(this, local);

    public IDisposable Monitor(KernelEvents kinds, Action<KernelEvents> changed) =>
        _tools.Events.Add(_tools.Entry.Run(_handle, () => Monitoring.EventSocket.OpenAll(kinds)), changed);

    public int? NumberOf(INetNamespace other) => Routes.NamespaceNumber(NamespaceFd.Of(other));

    public int DeleteConnections(params IReadOnlyList<ConnectionFilter> filters)
    {
        using var socket = OpenNetlink(NetlinkFamily.Netfilter);
        return ConnectionTable.Delete(socket, filters, Name);
    }

    public void Announce(IReadOnlyList<string> links, params IReadOnlyList<(Address Address, MacAddress Mac)> holders) =>
        _announcer.Value.Send(links, holders);

    public Task<MacAddress?> FindHolder(string link, Address address, CancellationToken cancellation) =>
        AddressProbe.Run(this, link, address, cancellation);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_announcer.IsValueCreated)
            _announcer.Value.Dispose();
        if (_nft.IsValueCreated)
            _nft.Value.Dispose();
        if (_routes.IsValueCreated)
            _routes.Value.Dispose();
        _handle.Dispose();
    }

    private NetlinkSocket OpenNetlink(int family) => _tools.Entry.Run(_handle, () => NetlinkSocket.Open(family));
}
