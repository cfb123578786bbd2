using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Networks;

namespace Overlay.Grains.Networks;

/// <summary>What an attachment may ask for on a network.</summary>
internal static class ConnectRules
{
    private const string DisableIpv6 = $"net.ipv6.conf.{EndpointOptions.Placeholder}.disable_ipv6";

    public static void Check(NetworkRecord network, ConnectOptions options)
    {
        if (!Drivers.HasAddresses(network.Driver))
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"a sandbox cannot be connected to the {network.Driver} network; make it there, with --network {network.Driver}",
                ("network", network.Name));
        }
        foreach (var alias in options.Aliases)
            ObjectName.Require("alias", alias);
        RequireUnicast(options.Mac);
        if (options.Mac is not null && !Drivers.HasMacs(network.Driver))
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"sandboxes on network '{network.Name}' have the MAC address of its parent link ({network.Driver}); leave --mac-address out, or use driver macvlan",
                ("network", network.Name));
        }
        RequireSettings(network, EndpointOptions.Parse(options.DriverOptions));
        if (network.BuiltIn)
            RequirePlain(network, options);
        RequireFamily(network, options.Ip, v4: true);
        RequireFamily(network, options.Ip6, v4: false);
    }

    /// <summary>Every name that the endpoint answers to, each once, case aside.</summary>
    public static ImmutableArray<string> NamesOf(ConnectEndpoint request)
    {
        string[] own = [request.SandboxName, request.Sandbox.Short, request.Sandbox.ToString(), request.Hostname];
        return [.. own.Concat(request.Options.Aliases).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    // As Docker: its default bridge has neither names nor chosen addresses.
    private static void RequirePlain(NetworkRecord network, ConnectOptions options)
    {
        var what = options.Aliases.Length > 0 ? "aliases" : options.Ip is not null || options.Ip6 is not null ? "chosen addresses" : null;
        if (what is not null)
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"the built-in network '{network.Name}' has no {what}; make a network of your own: overlay network create NAME",
                ("network", network.Name));
        }
    }

    private static void RequireSettings(NetworkRecord network, EndpointOptions options)
    {
        if (network.Subnets.Any(s => !s.Prefix.IsV4) && options.Sysctls.TryGetValue(DisableIpv6, out var off) && off != "0")
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"{DisableIpv6}={off} would keep the endpoint's IPv6 address on network '{network.Name}' out of its interface; use a network without IPv6",
                ("network", network.Name), ("option", EndpointOptions.SysctlsOption));
        }
    }

    private static void RequireUnicast(MacAddress? mac)
    {
        if (mac is { } address && (address.IsMulticast || address.Value == 0))
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument, $"{address} is no address of one interface; use one like 02:42:0a:01:00:02", ("mac", address.ToString()));
        }
    }

    private static void RequireFamily(NetworkRecord network, Address? wanted, bool v4)
    {
        if (wanted is not { } address)
            return;
        if (address.IsV4 != v4)
        {
            throw new RefusalException(
                ErrorCodes.InvalidArgument, $"{address} is not IPv{(v4 ? 4 : 6)}; use {(v4 ? "--ip6" : "--ip")}", ("address", address.ToString()));
        }
        var subnets = network.Subnets.Where(s => s.Prefix.IsV4 == v4).Select(s => s.Prefix).ToList();
        if (!subnets.Any(s => s.Contains(address)))
        {
            throw new RefusalException(
                ErrorCodes.AddressOutside,
                subnets.Count == 0
                    ? $"network '{network.Name}' has no IPv{(v4 ? 4 : 6)} subnet for {address}; make it with {(v4 ? "--subnet" : "--ipv6")}"
                    : $"{address} is in no subnet of network '{network.Name}'; choose one from {string.Join(" or ", subnets)}",
                ("address", address.ToString()), ("subnets", string.Join(",", subnets)));
        }
    }
}
