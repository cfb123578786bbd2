using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>Addresses, and the routes that the kernel makes and takes away because of them.</summary>
internal static class FakeAddressWriter
{
    private const int V6Metric = 256;

    public static int Add(FakeLink link, AddAddress add)
    {
        if (link.Addresses.Any(known => known.Address == add.Address && (!add.Address.IsV4 || known.PrefixLength == add.PrefixLength)))
            return Errno.EEXIST;
        var address = new InterfaceAddress
        {
            LinkIndex = link.Index,
            Address = add.Address,
            PrefixLength = add.PrefixLength,
            Scope = add.Scope,
            IsPermanent = true,
        };
        link.Addresses.Add(address);
        if (add.NoPrefixRoute)
            link.Routeless.Add(add.Address);
        if (link.IsUp)
            AddConnectedRoute(link, address);
        return 0;
    }

    public static int Remove(FakeLink link, RemoveAddress remove)
    {
        var address = link.Addresses.Find(known => known.Address == remove.Address && known.PrefixLength == remove.PrefixLength);
        if (address is null)
            return Errno.EADDRNOTAVAIL;
        link.Addresses.Remove(address);
        link.Routeless.Remove(remove.Address);
        var subnet = new Prefix(address.Address, address.PrefixLength);
        var last = !link.Addresses.Any(other => new Prefix(other.Address, other.PrefixLength) == subnet);
        link.Home.Routes.RemoveAll(route => route.LinkIndex == link.Index
            && (route.PreferredSource == remove.Address
                || (last && route.Destination == subnet && route.Protocol == Route.KernelProtocol)));
        return 0;
    }

    public static void AddConnectedRoutes(FakeLink link)
    {
        foreach (var address in link.Addresses)
            AddConnectedRoute(link, address);
    }

    /// <summary>IPv6 loses its addresses with the link, IPv4 keeps them; both lose their routes.</summary>
    public static void LinkWentDown(FakeLink link)
    {
        link.Home.Routes.RemoveAll(route => route.LinkIndex == link.Index);
        link.Routeless.RemoveWhere(address => !address.IsV4);
        link.Addresses.RemoveAll(address => !address.Address.IsV4);
        link.Home.Report(link.Neighbours.Values.Select(n => new KernelNotice(KernelEvents.Neighbours, link.Index, n, IsGone: true)).ToList());
        link.Neighbours.Clear();
    }

    private static void AddConnectedRoute(FakeLink link, InterfaceAddress address)
    {
        var v4 = address.Address.IsV4;
        // The route of an IPv4 /32 is in table local only.
        if (link.Kind == "" || link.Routeless.Contains(address.Address) || (v4 && address.PrefixLength == 32))
            return;
        var subnet = new Prefix(address.Address, address.PrefixLength);
        if (link.Home.Routes.Any(route => route.Destination == subnet && route.LinkIndex == link.Index && route.Protocol == Route.KernelProtocol))
            return;
        link.Home.Routes.Add(new Route
        {
            Destination = subnet,
            LinkIndex = link.Index,
            PreferredSource = v4 ? address.Address : null,
            Metric = v4 ? 0 : V6Metric,
            Scope = v4 ? AddressScope.Link : AddressScope.Global,
            Protocol = Route.KernelProtocol,
        });
    }
}
