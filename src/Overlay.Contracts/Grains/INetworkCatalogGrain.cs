using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Grains;

/// <summary>
/// One per cluster (key <see cref="Key"/>): which networks and sandboxes there are, by name; subnets and VNIs that are
/// taken. Built-in networks bridge, host and none exist from the first call.
/// </summary>
[Alias("overlay.INetworkCatalogGrain")]
public interface INetworkCatalogGrain : IGrainWithStringKey
{
    const string Key = "catalog";

    [Alias("GetCluster")]
    Task<ClusterRecord> GetCluster();

    /// <summary>Refusals: name-taken, unknown-driver, unknown-option, invalid-subnet, subnet-overlap, pools-exhausted, …</summary>
    [Alias("CreateNetwork")]
    Task<NetworkRecord> CreateNetwork(Guid requestId, CreateNetwork request);

    /// <summary>
    /// Refused with network-in-use while endpoints exist, unless <paramref name="force"/> cuts them off; replies with the
    /// names of the sandboxes that were cut off (a retry of a removal that was done has none).
    /// </summary>
    [Alias("RemoveNetwork")]
    Task<ImmutableArray<string>> RemoveNetwork(Guid requestId, string nameOrId, bool force);

    [Alias("ListNetworks")]
    Task<ImmutableArray<NetworkRecord>> ListNetworks();

    /// <summary>By name, id or unique id prefix. Refusals: not-found (with the nearest name), ambiguous.</summary>
    [Alias("FindNetwork")]
    Task<NetworkRecord> FindNetwork(string nameOrId);

    /// <summary>Takes the name for a new sandbox; a retry with the same request id gets the same id.</summary>
    [Alias("ReserveSandbox")]
    Task<SandboxEntry> ReserveSandbox(Guid requestId, string? name, string host);

    [Alias("ReleaseSandbox")]
    Task ReleaseSandbox(Guid requestId, SandboxEntry sandbox);

    /// <summary>What a removal is about to remove, or has removed. Refusals: expired, not-found.</summary>
    [Alias("FindForRemoval")]
    Task<SandboxRemoval> FindForRemoval(Guid requestId, string nameOrId);

    /// <summary>Releases the name and forgets the request that took it, so that a retry of it starts anew.</summary>
    [Alias("AbandonSandbox")]
    Task AbandonSandbox(Guid requestId, ObjectId id);

    /// <summary>Which of these sandboxes have no name any more. Never wrong, also from an activation that was left behind.</summary>
    [Alias("FindAbsent")]
    Task<ImmutableArray<ObjectId>> FindAbsent(ImmutableArray<ObjectId> sandboxes);

    [Alias("ListSandboxes")]
    Task<ImmutableArray<SandboxEntry>> ListSandboxes();

    [Alias("FindSandbox")]
    Task<SandboxEntry> FindSandbox(string nameOrId);
}

/// <summary>Field <c>sandbox/ID</c> of partition <c>catalog</c>.</summary>
[GenerateSerializer, Alias("overlay.SandboxEntry"), Immutable]
public sealed record SandboxEntry
{
    [Id(0)] public required ObjectId Id { get; init; }
    [Id(1)] public required string Name { get; init; }
    [Id(2)] public required string Host { get; init; }
    [Id(3)] public DateTimeOffset Created { get; init; }
}

[GenerateSerializer, Alias("overlay.CreateNetwork"), Immutable]
public sealed record CreateNetwork
{
    [Id(0)] public required string Name { get; init; }
    [Id(1)] public string Driver { get; init; } = "bridge";
    [Id(2)] public ImmutableArray<SubnetRequest> Subnets { get; init; } = [];
    [Id(3)] public bool Ipv6 { get; init; }
    [Id(4)] public bool Internal { get; init; }
    [Id(5)] public ImmutableDictionary<string, string> Options { get; init; } = ImmutableDictionary<string, string>.Empty;
    [Id(6)] public ImmutableDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;
}

[GenerateSerializer, Alias("overlay.SubnetRequest"), Immutable]
public sealed record SubnetRequest
{
    [Id(0)] public required Prefix Prefix { get; init; }
    [Id(1)] public Address? Gateway { get; init; }
    [Id(2)] public Prefix? Range { get; init; }
    [Id(3)] public ImmutableDictionary<string, Address> Auxiliary { get; init; } = ImmutableDictionary<string, Address>.Empty;
}

/// <param name="Done">By the same request: its retry finds nothing in the catalog, and is no error.</param>
[GenerateSerializer, Alias("overlay.SandboxRemoval"), Immutable]
public sealed record SandboxRemoval([property: Id(0)] SandboxEntry Sandbox, [property: Id(1)] bool Done);
