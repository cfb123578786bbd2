using System.Collections.Immutable;
using Overlay.Cli.Output;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.Sandboxes;

/// <summary>One sandbox of <c>sandbox inspect</c>.</summary>
internal sealed record SandboxDetailsView
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required string Hostname { get; init; }

    /// <summary>isolated, none, host, container.</summary>
    public required string Mode { get; init; }

    /// <summary>The sandbox whose network stack it uses; its id when that one is gone.</summary>
    public required string? Joins { get; init; }

    /// <summary>The sandboxes that use this one's network stack.</summary>
    public required string[] JoinedBy { get; init; }
    public required string Status { get; init; }
    public required int? Pid { get; init; }
    public required int? ExitCode { get; init; }
    public required string? Problem { get; init; }
    public required string? NamespacePath { get; init; }
    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required string[] Command { get; init; }
    public required string RestartPolicy { get; init; }
    public required bool RemoveOnExit { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required AttachmentView[] Networks { get; init; }
    public required PortView[] Ports { get; init; }
    public required string[] ExposedPorts { get; init; }

    /// <summary>NAME:ADDRESS, address host-gateway for the host's own.</summary>
    public required string[] ExtraHosts { get; init; }
    public required string[] Dns { get; init; }
    public required string[] DnsSearch { get; init; }
    public required string[] DnsOptions { get; init; }

    public static SandboxDetailsView Of(SandboxDetails details)
    {
        var (sandbox, status) = (details.Sandbox, details.Status);
        return new()
        {
            Id = sandbox.Id.ToString(),
            Name = sandbox.Name,
            Host = sandbox.Host,
            Hostname = sandbox.Hostname,
            Mode = sandbox.Mode,
            Joins = details.Joined?.Name ?? sandbox.Joins?.ToString(),
            JoinedBy = [.. details.JoinedBy],
            Status = SandboxView.StatusOf(details),
            Pid = status?.Pid,
            ExitCode = status?.ExitCode,
            Problem = status is null ? $"host {sandbox.Host} does not answer" : status.Problem,
            NamespacePath = status?.NamespacePath,
            StartedAt = status?.StartedAt,
            CreatedAt = sandbox.Created,
            Command = [.. sandbox.Command],
            RestartPolicy = sandbox.Restart,
            RemoveOnExit = sandbox.RemoveOnExit,
            Labels = sandbox.Labels.Sorted(),
            Networks = [.. details.Endpoints.Select(AttachmentView.Of)],
            Ports = [.. sandbox.Ports.Select(PortView.Of)],
            ExposedPorts = [.. sandbox.Exposed.Select(exposed => $"{exposed.Port}/{exposed.Protocol}")],
            ExtraHosts = [.. sandbox.ExtraHosts.Select(extra => $"{extra.Name}:{extra.Address?.ToString() ?? "host-gateway"}")],
            Dns = [.. sandbox.DnsServers.Select(server => server.ToString())],
            DnsSearch = [.. sandbox.DnsSearch],
            DnsOptions = [.. sandbox.DnsOptions],
        };
    }
}

internal sealed record AttachmentView
{
    public required string Network { get; init; }
    public required string NetworkId { get; init; }
    public required string Driver { get; init; }
    public required string EndpointId { get; init; }
    public required string[] Addresses { get; init; }
    public required string[] Gateways { get; init; }
    public required string MacAddress { get; init; }
    public required string[] Aliases { get; init; }
    public required int GatewayPriority { get; init; }

    /// <summary>Null: the next number that was free.</summary>
    public required string? InterfaceName { get; init; }

    /// <summary>Settings of the interface, with the word IFNAME for its name.</summary>
    public required IReadOnlyDictionary<string, string> Sysctls { get; init; }

    public static AttachmentView Of(AttachedEndpoint attached) => new()
    {
        Network = attached.NetworkName,
        NetworkId = attached.Network.ToString(),
        Driver = attached.Driver,
        EndpointId = attached.Endpoint.Id.ToString(),
        Addresses = [.. attached.Endpoint.Addresses.Select(address => address.ToString())],
        Gateways = [.. attached.Subnets.Select(subnet => subnet.Gateway?.ToString()).OfType<string>()],
        MacAddress = attached.Endpoint.Mac.ToString(),
        Aliases = [.. attached.Endpoint.Aliases],
        GatewayPriority = attached.Endpoint.GatewayPriority,
        InterfaceName = attached.Endpoint.InterfaceName,
        Sysctls = (attached.Endpoint.Sysctls ?? ImmutableDictionary<string, string>.Empty).Sorted(),
    };
}
