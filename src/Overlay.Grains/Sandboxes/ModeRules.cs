using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Networks;

namespace Overlay.Grains.Sandboxes;

/// <summary>
/// What makes no sense with --network host, none and container:NAME. As in Docker, host allows --hostname, --add-host and
/// --dns: a command has its own host name and files also where it has no network of its own. Pure.
/// </summary>
internal static class ModeRules
{
    /// <summary>One of <see cref="SandboxModes"/>: asked for, or by the network of that driver.</summary>
    /// <exception cref="RefusalException">invalid-argument: no such mode, or a flag that makes no sense with it.</exception>
    public static string ModeOf(CreateSandbox request, ImmutableArray<Attachment> attachments)
    {
        var special = attachments.FirstOrDefault(a => !Drivers.HasAddresses(a.Network.Driver))?.Network.Driver;
        var mode = special ?? request.Mode;
        if (mode is not (SandboxModes.Isolated or SandboxModes.None or SandboxModes.Host or SandboxModes.Container))
            throw Invalid($"no mode '{mode}'; the modes are isolated, none, host, container");
        if (request.Join is not null && request.Mode != SandboxModes.Container)
            throw Invalid($"'{request.Join}' can only be joined with mode container, and the mode asked for is {request.Mode}; leave one of them out");
        if (mode == SandboxModes.Isolated)
            return mode;
        if (attachments.Length > 1 || (attachments.Length == 1 && (special is null || request.Mode == SandboxModes.Container)))
            throw Invalid($"{PlaceOf(mode, request)} can be on no other network; leave the others out");
        if (attachments is [{ Options: var options }] && FlagOf(options) is { } flag)
            throw Invalid($"{flag} makes no sense with --network {mode}: there is no endpoint to give it to; leave it out");
        if (RefusalOf(mode, request) is { } refusal)
            throw Invalid(refusal);
        return mode;
    }

    /// <exception cref="RefusalException">unsupported: it has no endpoints, and can have none.</exception>
    public static void RequireEndpoints(SandboxRecord sandbox, SandboxRecord? joined, NetworkRecord network, bool connect)
    {
        if (sandbox.Mode == SandboxModes.Isolated)
            return;
        var asked = connect ? $"connected to network '{network.Name}'" : $"disconnected from network '{network.Name}'";
        var (reason, instead) = sandbox.Mode switch
        {
            SandboxModes.Container when joined is not null => (
                $"its network is that of sandbox '{joined.Name}'",
                joined.Mode == SandboxModes.Isolated
                    ? $"{(connect ? "connect" : "disconnect")} that one: overlay network {(connect ? "connect" : "disconnect")} {network.Name} {joined.Name}"
                    : $"make another one with --network {network.Name}"),
            SandboxModes.Container => ("its network was that of a sandbox that is gone", $"make another one with --network {network.Name}"),
            SandboxModes.Host => ("its network is the host's own", $"make another one with --network {(connect ? network.Name : "NETWORK")}"),
            _ => ("it was made without network", $"make another one with --network {(connect ? network.Name : "NETWORK")}"),
        };
        throw new RefusalException(
            ErrorCodes.Unsupported, $"sandbox '{sandbox.Name}' cannot be {asked}: {reason}; {instead}",
            ("sandbox", sandbox.Name), ("network", network.Name), ("mode", sandbox.Mode));
    }

    private static string? RefusalOf(string mode, CreateSandbox request)
    {
        var ports = request.Ports.Length > 0 ? "-p" : request.PublishAll ? "-P" : null;
        switch (mode)
        {
            case SandboxModes.Host:
                return ports is null ? null : $"{ports} makes no sense with --network host: the sandbox has the host's own ports; leave it out";
            case SandboxModes.None:
                return ports is not null ? $"{ports} makes no sense with --network none: nothing can reach the sandbox; leave it out"
                    : request.ExtraHosts.FirstOrDefault(e => e.Address is null) is { } extra
                        ? $"--add-host {extra.Name}:host-gateway makes no sense with --network none: the sandbox has no way to its host; give an address, or leave it out"
                    : null;
        }
        if (string.IsNullOrEmpty(request.Join))
            return "--network container: does not say whose network to join; use container:NAME, with the name or id of a sandbox";
        if (request.Join == request.Name)
            return $"sandbox '{request.Name}' cannot join its own network; name another sandbox in container:NAME, or leave it out";
        var joins = $"--network container:{request.Join}";
        if (ports is not null || request.Exposed.Length > 0)
            return $"{ports ?? "--expose"} makes no sense with {joins}: the ports are those of '{request.Join}'; give it when making that one";
        if (request.Hostname is not null)
            return $"--hostname makes no sense with {joins}: the host name is that of '{request.Join}'; give it when making that one";
        var file = request.ExtraHosts.Length > 0 ? "--add-host" : request.DnsServers.Length > 0 ? "--dns"
            : request.DnsSearch.Length > 0 ? "--dns-search" : request.DnsOptions.Length > 0 ? "--dns-option" : null;
        return file is null ? null : $"{file} makes no sense with {joins}: the hosts and resolv.conf files are those of '{request.Join}'; give it when making that one";
    }

    private static string? FlagOf(ConnectOptions options) =>
        options.Ip is not null ? "--ip" : options.Ip6 is not null ? "--ip6" : options.Aliases.Length > 0 ? "--network-alias"
        : options.Mac is not null ? "--mac-address" : options.GatewayPriority != 0 ? "gw-priority" : options.DriverOptions.Count > 0 ? "driver-opt" : null;

    private static string PlaceOf(string mode, CreateSandbox request) => mode switch
    {
        SandboxModes.Container => $"a sandbox that joins the network of another one (container:{request.Join})",
        SandboxModes.None => "a sandbox without network (none)",
        _ => "a sandbox on the host network",
    };

    private static RefusalException Invalid(string message) => new(ErrorCodes.InvalidArgument, message);
}
