using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Records;

/// <summary>One attachment of a sandbox to a network. Field <c>endpoint/ID</c> of partition <c>network/ID</c>.</summary>
[GenerateSerializer, Alias("overlay.EndpointRecord"), Immutable]
public sealed record EndpointRecord
{
    [Id(0)] public required ObjectId Id { get; init; }
    [Id(1)] public required ObjectId Sandbox { get; init; }
    [Id(2)] public required string SandboxName { get; init; }
    [Id(3)] public required string Host { get; init; }

    /// <summary>One per subnet that the endpoint has a lease in; IPv4 first.</summary>
    [Id(4)] public required ImmutableArray<Address> Addresses { get; init; }

    /// <summary>Random, never derived from the address: a stale neighbour entry cannot reach the address's next owner.</summary>
    [Id(5)] public required MacAddress Mac { get; init; }

    /// <summary>Every name that DNS answers with this endpoint: sandbox name, short id, id, hostname, aliases.</summary>
    [Id(6)] public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>The sandbox's default gateway is on the network with the highest; ties by network name.</summary>
    [Id(7)] public int GatewayPriority { get; init; }

    /// <summary>Aliases as the user gave them (a part of <see cref="Names"/>).</summary>
    [Id(8)] public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Null: the first free of eth0, eth1, …</summary>
    [Id(9)] public string? InterfaceName { get; init; }

    /// <summary>Order of connection within the sandbox: interface numbers follow it.</summary>
    [Id(10)] public DateTimeOffset Created { get; init; }

    [Id(11)] public bool Draining { get; init; }

    /// <summary>Settings of its interface, with the word IFNAME for its name: net.ipv4.conf.IFNAME.log_martians → 1. Null: none.</summary>
    [Id(12)] public ImmutableDictionary<string, string>? Sysctls { get; init; }
}

/// <summary>A host's own presence on a network. Field <c>node/HOST</c> of partition <c>network/ID</c>.</summary>
[GenerateSerializer, Alias("overlay.NodeRecord"), Immutable]
public sealed record NodeRecord
{
    [Id(0)] public required string Host { get; init; }

    /// <summary>The host's node addresses (/32, /128), one per subnet; only driver overlay.</summary>
    [Id(1)] public ImmutableArray<Address> Addresses { get; init; } = [];

    /// <summary>MAC of the host's VXLAN device on this network: the node addresses' MAC for the other hosts.</summary>
    [Id(2)] public MacAddress TunnelMac { get; init; }
}

/// <summary>Policy of a service name. Field <c>name/NAME</c> of partition <c>network/ID</c>; absent means defaults.</summary>
[GenerateSerializer, Alias("overlay.NamePolicyRecord"), Immutable]
public sealed record NamePolicyRecord
{
    [Id(0)] public required string Name { get; init; }
    [Id(1)] public int TtlSeconds { get; init; } = 5;

    /// <summary>True: endpoints of the asker's own host first.</summary>
    [Id(2)] public bool PreferLocal { get; init; }
}
