using System.Collections.Immutable;
using System.Globalization;
using Overlay.Core.Fabric;

namespace Overlay.Core.Networks;

/// <summary>What a new network must keep to, before anybody asks whether its name and subnets are free.</summary>
public static class NetworkRules
{
    /// <exception cref="RefusalException">invalid-name, unknown-driver, unsupported, unknown-option, invalid-argument, invalid-subnet.</exception>
    public static NetworkDraft Check(NetworkRequest request)
    {
        ObjectName.RequireUnlikeId("network", request.Name);
        RequireDriver(request.Driver);
        var options = DriverOptions.Canonicalize(request.Driver, request.Options);
        var subnets = SubnetRules.Check(request.Subnets);
        var ipv6 = request.Ipv6 || subnets.Any(s => !s.Prefix.IsV4);
        var mtu = Number(options, DriverOptions.Mtu) ?? 0;
        if (ipv6 && mtu is > 0 and < DriverOptions.MinimumMtuIpv6)
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"an MTU of {mtu} cannot carry IPv6, which needs {DriverOptions.MinimumMtuIpv6}; raise it, or leave IPv6 out",
                ("option", DriverOptions.Mtu), ("value", mtu.ToString(CultureInfo.InvariantCulture)));
        }
        return new NetworkDraft(
            request.Name, request.Driver, subnets, ipv6, options, mtu, Number(options, DriverOptions.Vni),
            NeedsV4: !subnets.Any(s => s.Prefix.IsV4), NeedsV6: ipv6 && subnets.All(s => s.Prefix.IsV4));
    }

    private static void RequireDriver(string driver)
    {
        switch (driver)
        {
            case Drivers.Bridge or Drivers.Overlay or Drivers.Macvlan or Drivers.Ipvlan:
                return;
            case Drivers.Host or Drivers.None:
                throw new RefusalException(
                    ErrorCodes.Unsupported,
                    $"there is one network of driver {driver} and it is built in: use --network {driver}", ("driver", driver));
            default:
                throw new RefusalException(
                    ErrorCodes.UnknownDriver,
                    $"no driver '{driver}'{NearestName.Hint(driver, Drivers.All)}; the drivers are {string.Join(", ", Drivers.All)}",
                    ("driver", driver), ("known", string.Join(",", Drivers.All)));
        }
    }

    private static int? Number(ImmutableDictionary<string, string> options, string name) =>
        options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
