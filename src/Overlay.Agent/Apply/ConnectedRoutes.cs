using System.Collections.Immutable;
using Overlay.Agent.Desired;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// The routes to their own subnets that the kernel makes together with addresses. Once somebody has deleted one, only
/// the address set anew, or a route of ours, brings it back: ours has the same source, and breaks nothing meanwhile.
/// </summary>
internal static class ConnectedRoutes
{
    /// <summary>Of the addresses that are there; a new one brings its own.</summary>
    public static IEnumerable<DesiredRoute> Missing(
        ImmutableArray<DesiredAddress> addresses, IEnumerable<InterfaceAddress> there, IEnumerable<Route> routes)
    {
        var set = there.Select(a => (a.Address, a.PrefixLength)).ToHashSet();
        var known = routes.Where(r => r.Table == Route.MainTable).Select(r => r.Destination).ToHashSet();
        return addresses.Where(a => HasRoute(a) && set.Contains((a.Address, a.PrefixLength)) && !known.Contains(PrefixOf(a)))
            .Select(a => new DesiredRoute(PrefixOf(a), a.Address.IsV4 ? a.Address : null))
            .DistinctBy(r => r.Destination);
    }

    /// <summary>The route is one of ours in the place of the kernel's.</summary>
    public static bool Stands(Route route, ImmutableArray<DesiredAddress> addresses) =>
        route.Via is null && Has(route.Destination, addresses);

    public static bool Has(Prefix destination, ImmutableArray<DesiredAddress> addresses) =>
        addresses.Any(a => HasRoute(a) && PrefixOf(a) == destination);

    private static bool HasRoute(DesiredAddress address) => !address.NoPrefixRoute && address.PrefixLength < address.Address.Bits;

    private static Prefix PrefixOf(DesiredAddress address) => new(address.Address, address.PrefixLength);
}
