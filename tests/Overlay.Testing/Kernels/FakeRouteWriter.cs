using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Testing.Kernels;

internal static class FakeRouteWriter
{
    private const int DefaultV6Metric = 1024;

    public static int Set(FakeNamespaceState space, SetRoute set)
    {
        var v4 = set.Destination.IsV4;
        var link = set.Link is null ? null : space.Links[set.Link];
        if (set.Kind == RouteKind.Unicast)
        {
            if (set.Via is { } via)
            {
                link = Reach(space, via, link);
                if (link is null)
                    return v4 ? Errno.ENETUNREACH : Errno.EHOSTUNREACH;
            }
            if (link is null)
                return Errno.ENODEV;
            if (!link.IsUp)
                return Errno.ENETDOWN;
        }
        if (set.PreferredSource is { } source && !space.Links.Values.Any(l => l.Addresses.Any(a => a.Address == source)))
            return Errno.EINVAL;
        var metric = set.Metric ?? (v4 ? 0 : DefaultV6Metric);
        space.Routes.RemoveAll(route => route.Destination == set.Destination && route.Table == set.Table && route.Metric == metric);
        space.Routes.Add(new Route
        {
            Destination = set.Destination,
            Kind = set.Kind,
            LinkIndex = link?.Index ?? 0,
            Via = set.Via,
            PreferredSource = set.PreferredSource,
            Table = set.Table,
            Metric = metric,
            Scope = !v4 ? AddressScope.Global
                : set.Scope ?? (set.Kind == RouteKind.Unicast && set.Via is null ? AddressScope.Link : AddressScope.Global),
            Protocol = set.Protocol,
        });
        return 0;
    }

    public static int Remove(FakeNamespaceState space, RemoveRoute remove)
    {
        var index = remove.Link is null ? 0 : space.Links[remove.Link].Index;
        var found = space.Routes.FindIndex(route => route.Destination == remove.Destination
            && route.Table == remove.Table
            && route.Kind == remove.Kind
            && (index == 0 || route.LinkIndex == index)
            && (remove.Via is null || route.Via == remove.Via)
            && (remove.Metric is null || route.Metric == remove.Metric));
        if (found < 0)
            return Errno.ESRCH;
        space.Routes.RemoveAt(found);
        return 0;
    }

    /// <summary>The link on which the gateway is a neighbour.</summary>
    private static FakeLink? Reach(FakeNamespaceState space, Address gateway, FakeLink? wished)
    {
        var route = space.Routes.Find(route => route.Via is null && route.Kind == RouteKind.Unicast
            && route.Destination.Contains(gateway) && (wished is null || route.LinkIndex == wished.Index));
        return route is null ? null : space.Links.Values.First(link => link.Index == route.LinkIndex);
    }
}
