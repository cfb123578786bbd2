using Overlay.Cli.Output;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;

namespace Overlay.Cli.Networks;

/// <summary>One network of <c>network inspect</c>, cluster-wide.</summary>
internal sealed record NetworkDetailsView
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Driver { get; init; }
    public required string Scope { get; init; }

    /// <summary>Null: the driver has none.</summary>
    public required int? Vni { get; init; }

    /// <summary>Null: taken from the underlay.</summary>
    public required int? Mtu { get; init; }
    public required bool Internal { get; init; }
    public required bool Ipv6 { get; init; }
    public required bool BuiltIn { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required ulong Generation { get; init; }
    public required ulong Revision { get; init; }
    public required IReadOnlyDictionary<string, string> Options { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required SubnetView[] Subnets { get; init; }
    public required EndpointView[] Endpoints { get; init; }
    public required NodeView[] Nodes { get; init; }
    public required AppliedView[] Hosts { get; init; }

    public static NetworkDetailsView Of(NetworkDetails details)
    {
        var network = details.Network;
        return new()
        {
            Id = network.Id.ToString(),
            Name = network.Name,
            Driver = network.Driver,
            Scope = NetworkView.ScopeOf(network.Driver),
            Vni = network.Vni == 0 ? null : network.Vni,
            Mtu = network.Mtu == 0 ? null : network.Mtu,
            Internal = network.Internal,
            Ipv6 = network.Ipv6,
            BuiltIn = network.BuiltIn,
            CreatedAt = network.Created,
            Generation = network.Generation,
            Revision = details.Revision,
            Options = network.Options.Sorted(),
            Labels = network.Labels.Sorted(),
            Subnets = [.. network.Subnets.Select(subnet => SubnetView.Of(subnet, details.Usage.FirstOrDefault(usage => usage.Prefix == subnet.Prefix)))],
            Endpoints = [.. details.Endpoints.OrderBy(endpoint => endpoint.SandboxName, StringComparer.Ordinal).Select(EndpointView.Of)],
            Nodes = [.. details.Nodes.Select(NodeView.Of)],
            Hosts = [.. details.Applied.Select(applied => AppliedView.Of(applied, details.Revision))],
        };
    }
}

internal sealed record SubnetView
{
    public required string Subnet { get; init; }
    public required string? Gateway { get; init; }

    /// <summary>Automatic addresses come from here; null: from all of the subnet.</summary>
    public required string? IpRange { get; init; }
    public required IReadOnlyDictionary<string, string> AuxAddresses { get; init; }
    public required int AddressesInUse { get; init; }

    /// <summary>Released a moment ago, not given away yet.</summary>
    public required int AddressesQuarantined { get; init; }
    public required long AddressesFree { get; init; }

    public static SubnetView Of(SubnetRecord subnet, SubnetUsage? usage) => new()
    {
        Subnet = subnet.Prefix.ToString(),
        Gateway = subnet.Gateway?.ToString(),
        IpRange = subnet.Range?.ToString(),
        AuxAddresses = subnet.Auxiliary.Select(aux => KeyValuePair.Create(aux.Key, aux.Value.ToString())).Sorted(),
        AddressesInUse = usage?.InUse ?? 0,
        AddressesQuarantined = usage?.Quarantined ?? 0,
        AddressesFree = usage?.Free ?? 0,
    };
}

internal sealed record EndpointView
{
    public required string Id { get; init; }
    public required string Sandbox { get; init; }
    public required string SandboxId { get; init; }
    public required string Host { get; init; }
    public required string[] Addresses { get; init; }
    public required string MacAddress { get; init; }
    public required string[] Aliases { get; init; }

    /// <summary>Every name that DNS answers with this endpoint.</summary>
    public required string[] Names { get; init; }

    public static EndpointView Of(EndpointRecord endpoint) => new()
    {
        Id = endpoint.Id.ToString(),
        Sandbox = endpoint.SandboxName,
        SandboxId = endpoint.Sandbox.ToString(),
        Host = endpoint.Host,
        Addresses = [.. endpoint.Addresses.Select(address => address.ToString())],
        MacAddress = endpoint.Mac == default ? "" : endpoint.Mac.ToString(),
        Aliases = [.. endpoint.Aliases],
        Names = [.. endpoint.Names],
    };
}

internal sealed record NodeView(string Host, string[] Addresses, string TunnelMac)
{
    public static NodeView Of(NodeRecord node) =>
        new(node.Host, [.. node.Addresses.Select(address => address.ToString())], node.TunnelMac.ToString());
}

/// <summary>How far one host's kernel is; revision null: not known, and <see cref="Problem"/> says why.</summary>
internal sealed record AppliedView(string Host, ulong? Revision, bool UpToDate, string? Problem)
{
    public static AppliedView Of(HostApplied applied, ulong wanted) =>
        new(applied.Host, applied.Revision, applied.Revision >= wanted, applied.Problem);
}
