using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Records;

/// <summary>A network's specification. Field <c>spec</c> of partition <c>network/ID</c>.</summary>
[GenerateSerializer, Alias("overlay.NetworkRecord"), Immutable]
public sealed record NetworkRecord
{
    [Id(0)] public required ObjectId Id { get; init; }
    [Id(1)] public required string Name { get; init; }

    /// <summary>bridge, overlay, macvlan, ipvlan, host, none.</summary>
    [Id(2)] public required string Driver { get; init; }

    /// <summary>Only of driver overlay; 0 elsewhere.</summary>
    [Id(3)] public int Vni { get; init; }

    /// <summary>0: from the underlay (overlay: smallest member underlay less the encapsulation; bridge: 1500).</summary>
    [Id(4)] public int Mtu { get; init; }

    [Id(5)] public bool Internal { get; init; }
    [Id(6)] public bool Ipv6 { get; init; }

    /// <summary>bridge, host and none, on every host and not removable.</summary>
    [Id(7)] public bool BuiltIn { get; init; }
    [Id(8)] public ImmutableArray<SubnetRecord> Subnets { get; init; } = [];

    /// <summary>Canonical keys (bridge.name, mtu, …); Docker's long synonyms are translated at creation.</summary>
    [Id(9)] public ImmutableDictionary<string, string> Options { get; init; } = ImmutableDictionary<string, string>.Empty;
    [Id(10)] public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
    [Id(11)] public DateTimeOffset Created { get; init; }

    /// <summary>The gateway's MAC: the same on every host.</summary>
    [Id(12)] public MacAddress GatewayMac { get; init; }

    /// <summary>Generation of the user's specification: counts updates.</summary>
    [Id(13)] public ulong Generation { get; init; } = 1;
}

/// <summary>One subnet of a network; its leases live in partition <c>subnet/ID</c>.</summary>
[GenerateSerializer, Alias("overlay.SubnetRecord"), Immutable]
public sealed record SubnetRecord
{
    [Id(0)] public required ObjectId Id { get; init; }
    [Id(1)] public required Prefix Prefix { get; init; }

    /// <summary>Null only on networks without a gateway (driver none).</summary>
    [Id(2)] public Address? Gateway { get; init; }

    /// <summary>Automatic addresses come from here; null: from all of the prefix.</summary>
    [Id(3)] public Prefix? Range { get; init; }

    /// <summary>Addresses in use by something else, by its name: never leased.</summary>
    [Id(4)] public ImmutableDictionary<string, Address> Auxiliary { get; init; } = ImmutableDictionary<string, Address>.Empty;
}
