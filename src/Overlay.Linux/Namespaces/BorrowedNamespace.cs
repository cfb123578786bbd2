using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;
using Overlay.Linux.Rtnetlink;

namespace Overlay.Linux.Namespaces;

/// <summary>The host's namespace as users see it: theirs to use, not to close.</summary>
internal sealed class BorrowedNamespace(NetNamespace owned) : INetNamespace, INamespaceFd
{
    public NamespaceId Id => owned.Id;

    public string Name => owned.Name;

    public int Fd => owned.Fd;

    public INftables Nftables => owned.Nftables;

    public string? ListLegacyFilter(bool v6) => owned.ListLegacyFilter(v6);

    public IReadOnlyList<Link> DumpLinks() => owned.DumpLinks();

    public IReadOnlyList<InterfaceAddress> DumpAddresses() => owned.DumpAddresses();

    public IReadOnlyList<Neighbour> DumpNeighbours() => owned.DumpNeighbours();

    public IReadOnlyList<FdbEntry> DumpFdb() => owned.DumpFdb();

    public IReadOnlyList<Route> DumpRoutes() => owned.DumpRoutes();

    public Link? FindLink(string name) => owned.FindLink(name);

    public void Apply(IReadOnlyList<KernelChange> changes) => owned.Apply(changes);

    public string? ReadSysctl(string name) => owned.ReadSysctl(name);

    public void WriteSysctl(string name, string value) => owned.WriteSysctl(name, value);

    public SafeSocketHandle OpenSocket(int domain, int type, int protocol) => owned.OpenSocket(domain, type, protocol);

    public IReadOnlyList<BoundSocket> DumpSockets() => owned.DumpSockets();

    public Socket BindUdp(IPEndPoint local) => owned.BindUdp(local);

    public Socket ListenTcp(IPEndPoint local) => owned.ListenTcp(local);

    public IDisposable Monitor(KernelEvents kinds, Action<KernelEvents> changed) => owned.Monitor(kinds, changed);

    public int? NumberOf(INetNamespace other) => owned.NumberOf(other);

    public int DeleteConnections(params IReadOnlyList<ConnectionFilter> filters) => owned.DeleteConnections(filters);

    public void Announce(IReadOnlyList<string> links, params IReadOnlyList<(Address Address, MacAddress Mac)> holders) => owned.Announce(links, holders);

    public Task<MacAddress?> FindHolder(string link, Address address, CancellationToken cancellation) => owned.FindHolder(link, address, cancellation);

    public void Dispose()
    {
    }
}
