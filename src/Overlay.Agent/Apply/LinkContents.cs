using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Core.Reconcile;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>What hangs on one of our own links: addresses, routes, neighbours, forwarding entries.</summary>
internal static class LinkContents
{
    private static readonly Prefix LinkLocal6 = Prefix.Parse("fe80::/10");
    private static readonly Prefix Multicast6 = Prefix.Parse("ff00::/8");
    private static readonly Prefix Multicast4 = Prefix.Parse("224.0.0.0/4");

    /// <param name="actual">Null: the link is about to be made, and empty.</param>
    public static void Plan(Plan plan, DesiredLink link, Link? actual, HostDump dump, bool mayDelete)
    {
        var index = actual?.Index ?? -1;
        if (link.HasContents)
        {
            PlanAddresses(plan, link, dump.Addresses[index], mayDelete);
            PlanRoutes(plan, link, actual, dump, mayDelete);
            PlanNeighbours(plan, link, dump.Neighbours[index], mayDelete);
        }
        if (link.IsPort)
            PlanBridgeEntries(plan, link, dump.Fdb[index].Where(f => f.Bridge != 0 && IsSetBySomeone(f, actual?.Mac)), mayDelete);
        if (link.Kind == DesiredLinkKind.Vxlan)
            PlanTunnelEntries(plan, link, dump.Fdb[index].Where(f => f.Bridge == 0 && IsSetBySomeone(f, actual?.Mac)), mayDelete);
    }

    private static void PlanAddresses(Plan plan, DesiredLink link, IEnumerable<InterfaceAddress> actual, bool mayDelete)
    {
        var difference = Difference.Between(
            link.Addresses, a => (a.Address, a.PrefixLength),
            actual.Where(a => a.IsPermanent && !LinkLocal6.Contains(a.Address)), a => (a.Address, a.PrefixLength),
            (_, _) => true);
        foreach (var address in difference.Missing)
            plan.Add(link.Owner, new AddAddress(link.Name, address.Address, address.PrefixLength) { NoPrefixRoute = address.NoPrefixRoute });
        foreach (var address in mayDelete ? difference.Surplus : [])
            plan.Delete(link.Owner, new RemoveAddress(link.Name, address.Address, address.PrefixLength));
    }

    private static void PlanRoutes(Plan plan, DesiredLink link, Link? actual, HostDump dump, bool mayDelete)
    {
        var index = actual?.Index ?? -1;
        DesiredRoute[] connected = actual is { IsUp: true } ? [.. ConnectedRoutes.Missing(link.Addresses, dump.Addresses[index], dump.Routes[index])] : [];
        var difference = Difference.Between(
            link.Routes.Concat(connected), r => (r.Destination, MetricOf(r)),
            dump.Routes[index].Where(r => IsSetBySomeone(r) && !ConnectedRoutes.Stands(r, link.Addresses)), r => (r.Destination, r.Metric),
            (wanted, there) => there.Via is null && there.PreferredSource == wanted.Source);
        foreach (var route in difference.Missing.Concat(difference.Differing.Select(d => d.Desired)))
            plan.Add(link.Owner, new SetRoute(route.Destination) { Link = link.Name, PreferredSource = route.Source });
        foreach (var route in mayDelete ? difference.Surplus : [])
            plan.Delete(link.Owner, new RemoveRoute(route.Destination) { Link = link.Name, Via = route.Via, Metric = route.Metric });
    }

    // What the kernel makes of none: a route beside ours, of another metric, would go before it or after it.
    private static int MetricOf(DesiredRoute route) => route.Destination.IsV4 ? 0 : 1024;

    /// <summary>A notice that may be about a route of ours: one of somebody, which replaces what was there of whatever kind, or
    /// the end of one that the kernel made with an address.</summary>
    public static bool MayConcern(Route route, bool isGone) =>
        route.Table == Route.MainTable && (isGone || route.Protocol != Route.KernelProtocol)
        && !LinkLocal6.Contains(route.Destination) && !Multicast6.Contains(route.Destination);

    private static bool IsSetBySomeone(Route route) =>
        route is { Protocol: not Route.KernelProtocol, Table: Route.MainTable, Kind: RouteKind.Unicast }
        && !LinkLocal6.Contains(route.Destination) && !Multicast6.Contains(route.Destination);

    // The kernel resolves by itself whom the sandboxes and the host talk to: only what someone set is compared. It also
    // sets multicast entries (NOARP) on its own.
    private static void PlanNeighbours(Plan plan, DesiredLink link, IEnumerable<Neighbour> actual, bool mayDelete)
    {
        var difference = Difference.Between(
            link.Neighbours.DistinctBy(n => n.Address), n => n.Address,
            actual.Where(IsSetBySomeone), n => n.Address,
            (wanted, there) => there.Mac == wanted.Mac && there.State == NeighbourState.Permanent);
        foreach (var neighbour in difference.Missing.Concat(difference.Differing.Select(d => d.Desired)))
            plan.Add(link.Owner, new SetNeighbour(link.Name, neighbour.Address, neighbour.Mac));
        foreach (var neighbour in difference.Missing.Concat(difference.Differing.Where(d => d.Actual.Mac != d.Desired.Mac).Select(d => d.Desired)))
            plan.Announcements.Add(new(link.Name, neighbour.Address, neighbour.Mac, null));
        foreach (var neighbour in mayDelete ? difference.Surplus : [])
            plan.Delete(link.Owner, new RemoveNeighbour(link.Name, neighbour.Address));
    }

    public static bool IsSetBySomeone(Neighbour neighbour) => (neighbour.State & (NeighbourState.NoArp | NeighbourState.Permanent)) != 0 && !IsMulticast(neighbour);

    /// <summary>An entry of a tunnel or of its port. 'permanent' is an address of the port's own.</summary>
    /// <param name="port">The port's MAC, null when it is yet to be made.</param>
    public static bool IsSetBySomeone(FdbEntry entry, MacAddress? port) =>
        entry.Bridge == 0 ? entry.Destination is not null : !entry.IsLearned && !(entry.IsPermanent && entry.Mac == port);

    /// <summary>The neighbours of a link that is as desired.</summary>
    public static IEnumerable<Neighbour> NeighboursOf(DesiredLink link, int index) =>
        link.Neighbours.Select(n => new Neighbour { LinkIndex = index, Address = n.Address, Mac = n.Mac, State = NeighbourState.Permanent });

    /// <summary>The forwarding entries of a link that is as desired.</summary>
    public static IEnumerable<FdbEntry> EntriesOf(DesiredLink link, int index, int bridge) => link.Forwards.SelectMany(f => new[]
    {
        new FdbEntry { LinkIndex = index, Mac = f.Mac, Bridge = bridge, IsStatic = true, IsSticky = true },
        new FdbEntry { LinkIndex = index, Mac = f.Mac, Destination = f.Tunnel, IsPermanent = true },
    });

    private static bool IsMulticast(Neighbour neighbour) =>
        Multicast6.Contains(neighbour.Address) || Multicast4.Contains(neighbour.Address) || neighbour.Mac is { IsMulticast: true };

    private static void PlanBridgeEntries(Plan plan, DesiredLink link, IEnumerable<FdbEntry> actual, bool mayDelete)
    {
        var difference = Difference.Between(
            link.Forwards, f => f.Mac,
            actual, f => f.Mac,
            (_, there) => there is { IsSticky: true, IsPermanent: false });
        foreach (var forward in difference.Missing.Concat(difference.Differing.Select(d => d.Desired)))
            plan.Add(link.Owner, new SetBridgeFdb(link.Name, forward.Mac));
        foreach (var entry in mayDelete ? difference.Surplus : [])
            plan.Delete(link.Owner, new RemoveBridgeFdb(link.Name, entry.Mac));
    }

    private static void PlanTunnelEntries(Plan plan, DesiredLink link, IEnumerable<FdbEntry> actual, bool mayDelete)
    {
        var difference = Difference.Between(
            link.Forwards, f => f.Mac, actual, f => f.Mac, (wanted, there) => there.Destination == wanted.Tunnel && there.IsPermanent);
        foreach (var forward in difference.Missing.Concat(difference.Differing.Select(d => d.Desired)))
            plan.Add(link.Owner, new SetVxlanFdb(link.Name, forward.Mac, forward.Tunnel));
        foreach (var entry in mayDelete ? difference.Surplus : [])
            plan.Delete(link.Owner, new RemoveVxlanFdb(link.Name, entry.Mac));
    }
}
