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

    public IReadOnlyList<InterfaceAddress> DumpAddresses(int link) => owned.DumpAddresses(link);

    public IReadOnlyList<Neighbour> DumpNeighbours(int link) => owned.DumpNeighbours(link);

    public IReadOnlyList<FdbEntry> DumpFdb(int link) => owned.DumpFdb(link);

    public IReadOnlyList<Route> DumpRoutes(int link) => owned.DumpRoutes(link);

    public Link? FindLink(string name) => owned.FindLink(name);

    public Link? FindLink(int index) => owned.FindLink(index);

    public void Apply(IReadOnlyList<KernelChange> changes) => owned.Apply(changes);

    public Task Delete(IReadOnlyList<string> links) => owned.Delete(links);

    public string? ReadSysctl(string name) => owned.ReadSysctl(name);

    public void WriteSysctl(string name, string value) => owned.WriteSysctl(name, value);

    public SafeSocketHandle OpenSocket(int domain, int type, int protocol) => owned.OpenSocket(domain, type, protocol);

    public IReadOnlyList<BoundSocket> DumpSockets() => owned.DumpSockets();

    public Socket BindUdp(IPEndPoint local) => owned.BindUdp(local);

    public Socket ListenTcp(IPEndPoint local) => owned.ListenTcp(local);

    public IDisposable Monitor(KernelEvents kinds, Action<KernelEvents> changed) => owned.Monitor(kinds, changed);

    public IDisposable Watch(KernelEvents kinds, Action<IReadOnlyList<KernelNotice>> reported) => owned.Watch(kinds, reported);

    public int? NumberOf(INetNamespace other) => owned.NumberOf(other);

    public int DeleteConnections(params IReadOnlyList<ConnectionFilter> filters) => owned.DeleteConnections(filters);

    public void Announce(IReadOnlyList<string> links, params IReadOnlyList<(Address Address, MacAddress Mac)> holders) => owned.Announce(links, holders);

    public Task<MacAddress?> FindHolder(string link, Address address, CancellationToken cancellation) => owned.FindHolder(link, address, cancellation);

    public void Dispose()
    {
    }
}
