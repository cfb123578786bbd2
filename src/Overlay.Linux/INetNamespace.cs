using System.Net;
using System.Net.Sockets;
using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>One network namespace. All members may be called from any thread; none of them moves the calling
/// thread into the namespace. Every failure is a <see cref="KernelException"/>.</summary>
public interface INetNamespace : IDisposable
{
    NamespaceId Id { get; }

    /// <summary>The name it was opened by, for messages only.</summary>
    string Name { get; }

    IReadOnlyList<Link> DumpLinks();

    /// <param name="link">Index of the link whose they are; 0: of all. A link that is not there has none. So below.</param>
    IReadOnlyList<InterfaceAddress> DumpAddresses(int link = 0);

    /// <summary>IPv4 and IPv6 neighbours.</summary>
    IReadOnlyList<Neighbour> DumpNeighbours(int link = 0);

    /// <summary>Forwarding entries of bridges and of VXLAN devices.</summary>
    IReadOnlyList<FdbEntry> DumpFdb(int link = 0);

    /// <summary>Unicast, blackhole, unreachable and prohibit routes of every table but local.</summary>
    IReadOnlyList<Route> DumpRoutes(int link = 0);

    Link? FindLink(string name);

    Link? FindLink(int index);

    /// <summary>
    /// Applies the changes in order, many per system call. Not a transaction: as in netlink itself, every change is
    /// tried, also after one failed. Throws for the first failure; the others are in
    /// <see cref="KernelException.Further"/>.
    /// </summary>
    void Apply(IReadOnlyList<KernelChange> changes);

    /// <summary>
    /// Deletes links, and returns once they cannot be found any more. The task ends with the kernel's acknowledgement, which
    /// comes RCU grace periods (10 to 20 ms) later: then nothing of them is on its way either. It fails as
    /// <see cref="Apply"/> does.
    /// </summary>
    Task Delete(IReadOnlyList<string> links);

    INftables Nftables { get; }

    /// <summary>
    /// The rules of table 'filter' of iptables' own kernel interface (iptables-legacy), as nft would print them in a
    /// table "ip filter" or "ip6 filter"; null when nobody has used that interface. It reports no changes.
    /// </summary>
    string? ListLegacyFilter(bool v6);

    /// <summary>Reads a setting, e.g. "net/ipv4/conf/eth0.20/forwarding" ("net.ipv4.ip_forward" when no name has a
    /// dot). Null when this kernel has no such setting.</summary>
    string? ReadSysctl(string name);

    void WriteSysctl(string name, string value);

    /// <summary>A socket that belongs to this namespace for life, usable from any thread. The numbers are the
    /// kernel's (AF_*, SOCK_*), for families .NET does not know.</summary>
    SafeSocketHandle OpenSocket(int domain, int type, int protocol);

    /// <summary>TCP and UDP sockets that have a local port, of both families.</summary>
    IReadOnlyList<BoundSocket> DumpSockets();

    Socket BindUdp(IPEndPoint local);

    Socket ListenTcp(IPEndPoint local);

    /// <summary>Calls back, on a thread shared by all monitors, with what kinds of things changed (also by our own
    /// hand). The callback must be quick: mark dirty and return.</summary>
    IDisposable Monitor(KernelEvents kinds, Action<KernelEvents> changed);

    /// <summary>As <see cref="Monitor"/>, telling each thing that was reported, in the kernel's order within a family (links and
    /// what is on them; nftables). The callback must be quick.</summary>
    IDisposable Watch(KernelEvents kinds, Action<IReadOnlyList<KernelNotice>> reported);

    /// <summary>The number by which this namespace's links name <paramref name="other"/> as their peer's
    /// (<see cref="Link.PeerNamespaceNumber"/>); null when none of them does.</summary>
    int? NumberOf(INetNamespace other);

    /// <summary>Deletes the tracked connections that match one of the filters; returns how many. One dump, however many filters.</summary>
    int DeleteConnections(params IReadOnlyList<ConnectionFilter> filters);

    /// <summary>Sends gratuitous ARPs or unsolicited neighbour advertisements out of each link: 'this address is at that
    /// MAC'.</summary>
    void Announce(IReadOnlyList<string> links, params IReadOnlyList<(Address Address, MacAddress Mac)> holders);

    /// <summary>
    /// Asks a link's network who has an address (two ARP probes or neighbour solicitations of nobody, 100 ms apart). The
    /// MAC that answered, or that is asking the same at the same time; null when nobody has said anything 100 ms after the
    /// last. ENODEV: no such link; ENETDOWN: it is down, and nobody was asked.
    /// </summary>
    Task<MacAddress?> FindHolder(string link, Address address, CancellationToken cancellation);
}
