using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Records;

/// <summary>A member host. Field <c>host/NAME</c> of partition <c>hosts</c>.</summary>
[GenerateSerializer, Alias("overlay.HostRecord"), Immutable]
public sealed record HostRecord
{
    [Id(0)] public required string Name { get; init; }

    /// <summary><see cref="Hosts.MachineId"/>: a second live machine with the same host name is refused.</summary>
    [Id(1)] public required string MachineId { get; init; }

    /// <summary>Where the other hosts send VXLAN to; unique in the cluster.</summary>
    [Id(2)] public required Address TunnelAddress { get; init; }

    /// <summary>MTU of the link that holds the tunnel address.</summary>
    [Id(3)] public required int UnderlayMtu { get; init; }

    /// <summary>Chosen by the agent at each start of its process: tells a restart from a duplicate.</summary>
    [Id(4)] public required string Epoch { get; init; }
    [Id(5)] public string Version { get; init; } = "";
    [Id(6)] public string Role { get; init; } = "all";
    [Id(7)] public DateTimeOffset Registered { get; init; }

    /// <summary>Blocks that the host routes somewhere already: automatic subnets keep clear of them.</summary>
    [Id(8)] public ImmutableArray<Prefix> Routes { get; init; } = [];

    /// <summary>By the directory: it gets no new sandbox, and names lead to its endpoints only when there are no others.</summary>
    [Id(9)] public bool Draining { get; init; }
}

/// <summary>Partition <c>catalog</c>, field <c>cluster</c>: decided once, at the first start.</summary>
[GenerateSerializer, Alias("overlay.ClusterRecord"), Immutable]
public sealed record ClusterRecord
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>Random ULA /48: automatic IPv6 subnets are its /64s.</summary>
    [Id(1)] public required Prefix Ula { get; init; }
    [Id(2)] public int VxlanPort { get; init; } = 4789;

    /// <summary>Where the search for a free VNI goes on; 0: at the first.</summary>
    [Id(3)] public int NextVni { get; init; }
}

/// <summary>A network that a host follows. Field <c>network/ID</c> of partition <c>roster/HOST</c>.</summary>
[GenerateSerializer, Alias("overlay.FollowRecord"), Immutable]
public sealed record FollowRecord
{
    [Id(0)] public required Core.ObjectId Network { get; init; }

    /// <summary>Revision of the network at the last Follow: an Unfollow decided before it is void.</summary>
    [Id(1)] public ulong Fence { get; init; }
}

/// <summary>A lease. Field <c>lease/ADDRESS</c> of partition <c>subnet/ID</c>.</summary>
[GenerateSerializer, Alias("overlay.LeaseRecord"), Immutable]
public sealed record LeaseRecord
{
    [Id(0)] public required Address Address { get; init; }

    /// <summary>Who holds it: <c>endpoint:ID</c>, <c>node:HOST</c>, <c>reservation:NAME</c>.</summary>
    [Id(1)] public required string Owner { get; init; }

    /// <summary>For people: sandbox and host, as given at allocation.</summary>
    [Id(2)] public string Description { get; init; } = "";

    /// <summary>Set: released, in quarantine since then by the store's clock.</summary>
    [Id(3)] public DateTimeOffset? Released { get; init; }
    [Id(4)] public DateTimeOffset Granted { get; init; }

    /// <summary>Revision of the network at the owner's last claim: a release decided before it is void.</summary>
    [Id(5)] public ulong Fence { get; init; }
}
