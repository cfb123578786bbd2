using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Testing.Lives;

internal sealed class MortalNamespace(INetNamespace inner, Lifeline life) : INetNamespace, INftables
{
    public NamespaceId Id => inner.Id;

    public string Name => inner.Name;

    public INftables Nftables => this;

    public static INetNamespace Inner(INetNamespace space) => space is MortalNamespace mortal ? mortal.Real : space;

    private INetNamespace Real => inner;

    public IReadOnlyList<Link> DumpLinks() => Read("listing links", inner.DumpLinks);

    public IReadOnlyList<InterfaceAddress> DumpAddresses(int link) => Read("listing addresses", () => inner.DumpAddresses(link));

    public IReadOnlyList<Neighbour> DumpNeighbours(int link) => Read("listing neighbours", () => inner.DumpNeighbours(link));

    public IReadOnlyList<FdbEntry> DumpFdb(int link) => Read("listing forwarding entries", () => inner.DumpFdb(link));

    public IReadOnlyList<Route> DumpRoutes(int link) => Read("listing routes", () => inner.DumpRoutes(link));

    public Link? FindLink(string name) => Read($"looking up {name}", () => inner.FindLink(name));

    public Link? FindLink(int index) => Read($"looking up link {index}", () => inner.FindLink(index));

    public void Apply(IReadOnlyList<KernelChange> changes) => life.Apply(changes, some => inner.Apply([.. some.Select(Unwrapped)]));

    public Task Delete(IReadOnlyList<string> links)
    {
        var deleted = Task.CompletedTask;
        life.Apply([.. links.Select(link => new DeleteLink(link))], some => deleted = inner.Delete([.. some.Select(change => change.Name)]));
        return deleted;
    }

    public string? ReadSysctl(string name) => Read($"reading {name}", () => inner.ReadSysctl(name));

    public void WriteSysctl(string name, string value) => Write($"setting {name}", () =>
    {
        inner.WriteSysctl(name, value);
        return 0;
    });

    public SafeSocketHandle OpenSocket(int domain, int type, int protocol) => Read("opening a socket", () => life.Hold(inner.OpenSocket(domain, type, protocol)));

    public Socket BindUdp(IPEndPoint local) => Read("binding a socket", () => life.Hold(inner.BindUdp(local)));

    public Socket ListenTcp(IPEndPoint local) => Read("listening", () => life.Hold(inner.ListenTcp(local)));

    public IDisposable Monitor(KernelEvents kinds, Action<KernelEvents> changed) => Read("watching", () => life.Hold(inner.Monitor(kinds, changed)));

    public IDisposable Watch(KernelEvents kinds, Action<IReadOnlyList<KernelNotice>> reported) => Read("watching", () => life.Hold(inner.Watch(kinds, reported)));

    public IReadOnlyList<BoundSocket> DumpSockets() => Read("listing sockets", inner.DumpSockets);

    public string? ListLegacyFilter(bool v6) => Read("listing iptables-legacy's filter", () => inner.ListLegacyFilter(v6));

    public Task<MacAddress?> FindHolder(string link, Address address, CancellationToken cancellation) =>
        Read($"probing {address} on {link}", () => inner.FindHolder(link, address, cancellation));

    public int? NumberOf(INetNamespace other) => Read("asking for a number", () => inner.NumberOf(Inner(other)));

    public int DeleteConnections(params IReadOnlyList<ConnectionFilter> filters) => Write("deleting connections", () => inner.DeleteConnections(filters));

    // An announcement leaves no state: it does not count as a write.
    public void Announce(IReadOnlyList<string> links, params IReadOnlyList<(Address Address, MacAddress Mac)> holders) => Read("announcing", () =>
    {
        inner.Announce(links, holders);
        return 0;
    });

    public void Run(string script) => Write($"running {script}", () =>
    {
        inner.Nftables.Run(script);
        return 0;
    });

    public string? Run(string script, string table)
    {
        Run(script);
        return List(table);
    }

    public uint Generation => Read("asking for the ruleset's number", () => inner.Nftables.Generation);

    public string ListChains() => Read("listing nft chains", inner.Nftables.ListChains);

    public string? List(string table) => Read($"listing table {table}", () => inner.Nftables.List(table));

    public void Dispose() => inner.Dispose();

    private T Read<T>(string action, Func<T> call) => life.Call($"{action} in {Name}", call);

    private T Write<T>(string action, Func<T> call) => life.Call($"{action} in {Name}", call, isWrite: true);

    private static KernelChange Unwrapped(KernelChange change) => change switch
    {
        AddVeth veth => veth with { PeerNamespace = Inner(veth.PeerNamespace) },
        AddSubLink { Space: { } space } link => link with { Space = Inner(space) },
        _ => change,
    };
}
