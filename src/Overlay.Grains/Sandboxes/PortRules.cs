using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Networks;
using Overlay.Grains.Hosts;

namespace Overlay.Grains.Sandboxes;

/// <summary>Which ports a sandbox may publish, given the networks that it is on. Pure.</summary>
internal static class PortRules
{
    private const int PortsInARefusal = 4;

    public static void Check(ImmutableArray<PortRequest> ports)
    {
        foreach (var port in ports)
        {
            if (port.Protocol is not ("tcp" or "udp"))
                throw Invalid($"protocol '{port.Protocol}' is neither tcp nor udp");
            if (port.HostAddress is { IsV4: false, Value: var value } && value == 1)
                throw Invalid("a port cannot be published on ::1, because the kernel forwards nothing that is addressed to IPv6 loopback; use 127.0.0.1, or an address of the host");
            if (new[] { port.SandboxPort, port.HostPort ?? 1, port.HostPortLast ?? 1 }.FirstOrDefault(p => p is < 1 or > 65535, 1) is var wrong && wrong != 1)
                throw Invalid($"{wrong} is not a port from 1 to 65535");
        }
    }

    /// <summary>Only a sandbox with networks of its own has ports to publish.</summary>
    public static void RequireIsolated(SandboxRecord sandbox)
    {
        if (sandbox.Mode == SandboxModes.Isolated)
            return;
        throw new RefusalException(
            ErrorCodes.Unsupported,
            $"sandbox '{sandbox.Name}' cannot publish ports: " + sandbox.Mode switch
            {
                SandboxModes.Host => "it is on the host network, and its ports are the host's own already",
                SandboxModes.None => "it has no network; make another one on a network, with -p",
                _ => "it uses another sandbox's network; publish the ports of that one",
            },
            ("sandbox", sandbox.Name), ("mode", sandbox.Mode));
    }

    /// <summary>The same ports at the addresses that the gateway's network says; refused where they would lead nowhere.</summary>
    public static ImmutableArray<PortRequest> Lead(ImmutableArray<PortRequest> ports, ImmutableArray<Attachment> attachments)
    {
        if (ports.IsEmpty)
            return ports;
        var gateway = GatewayOf(attachments) ?? throw new RefusalException(
            ErrorCodes.Unsupported,
            $"ports cannot be published on {(attachments.IsEmpty ? "a sandbox without a network" : string.Join(", ", attachments.Select(a => $"'{a.Network.Name}'")))}: no network of the sandbox leads outside; connect one that is not internal, or leave the ports out");
        if (!Drivers.HasPorts(gateway.Driver))
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"ports cannot be published on network '{gateway.Name}': with driver {gateway.Driver} the sandbox is on the physical network itself, and all of its ports are reachable there; leave -p out",
                ("network", gateway.Name));
        }
        if (ports.FirstOrDefault(p => p.HostAddress is { } at && !HasFamily(gateway, at.IsV4)) is { HostAddress: { } other })
        {
            throw new RefusalException(
                ErrorCodes.Unsupported,
                $"no port can be published at {other}: network '{gateway.Name}' has no IPv{(other.IsV4 ? 4 : 6)} subnet to lead to; use an address of the other family, or a network with {(other.IsV4 ? "--subnet" : "--ipv6")}",
                ("network", gateway.Name), ("address", other.ToString()));
        }
        return gateway.Options.TryGetValue(DriverOptions.HostBindingIpv4, out var binding)
            ? [.. ports.Select(p => p with { HostAddress = p.HostAddress ?? Address.Parse(binding) })]
            : ports;
    }

    /// <summary>
    /// Refuses a change of networks after which published ports would lead nowhere. A sandbox that is taken off its last
    /// network is meant to be unreachable, and one whose ports lead nowhere already can only become better.
    /// </summary>
    /// <param name="what">connecting it to 'lan'</param>
    public static void RequireLead(SandboxRecord sandbox, ImmutableArray<Attachment> before, ImmutableArray<Attachment> after, string what)
    {
        if (sandbox.Ports.IsEmpty || after.IsEmpty || Leads(after) || (!before.IsEmpty && !Leads(before)))
            return;
        var ports = string.Join(", ", sandbox.Ports.Take(PortsInARefusal).Select(PortDecisions.TextOf))
            + (sandbox.Ports.Length > PortsInARefusal ? $" and {sandbox.Ports.Length - PortsInARefusal} more" : "");
        var why = GatewayOf(after) is { } to
            ? $"its default gateway would be on '{to.Name}' ({to.Driver}), where its published ports ({ports}) lead nowhere"
            : $"it would be on internal networks only, where its published ports ({ports}) lead nowhere";
        throw new RefusalException(
            ErrorCodes.PortsInUse,
            $"{what} is refused for sandbox '{sandbox.Name}': {why}; {Remedy(before, after, sandbox.Name)}",
            ("sandbox", sandbox.Name), ("ports", string.Join(",", sandbox.Ports.Select(PortDecisions.TextOf))), ("network", GatewayOf(after)?.Name ?? ""));
    }

    /// <summary>The network of the default gateway. As Docker: the highest priority wins, then the first name; internal networks lead nowhere.</summary>
    public static NetworkRecord? GatewayOf(ImmutableArray<Attachment> attachments) => Leader(attachments)?.Network;

    public static bool HasFamily(NetworkRecord network, bool v4) => network.Subnets.Any(s => s.Prefix.IsV4 == v4);

    private static string Remedy(ImmutableArray<Attachment> before, ImmutableArray<Attachment> after, string sandbox)
    {
        var off = $"take the ports off first (overlay port rm {sandbox} …)";
        if (after.Length <= before.Length)
            return $"connect it to another bridge or overlay network first, {off}, or disconnect with --force";
        return Leader(before) is { } leader
            ? $"connect with --gw-priority {leader.Options.GatewayPriority - 1}, so that the gateway stays on '{leader.Network.Name}', or {off}"
            : $"connect it to a bridge or overlay network that is not internal first, or {off}";
    }

    private static bool Leads(ImmutableArray<Attachment> attachments) => GatewayOf(attachments) is { } gateway && Drivers.HasPorts(gateway.Driver);

    private static Attachment? Leader(ImmutableArray<Attachment> attachments) => attachments
        .Where(a => !a.Network.Internal)
        .OrderByDescending(a => a.Options.GatewayPriority).ThenBy(a => a.Network.Name, StringComparer.Ordinal)
        .FirstOrDefault();

    private static RefusalException Invalid(string message) => new(ErrorCodes.InvalidArgument, message);
}
