using System.Collections.Immutable;
using Orleans.Concurrency;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Grains;

/// <summary>One network (key: its id, 32 hex digits): specification, endpoints, node addresses; feed to its member hosts.</summary>
[Alias("overlay.INetworkGrain")]
public interface INetworkGrain : IFeed
{
    /// <summary>By the catalog, after it took name, VNI and subnets. A repeated call is harmless.</summary>
    [Alias("Initialize")]
    Task Initialize(NetworkRecord network);

    /// <summary>
    /// Attaches a sandbox: address leased, endpoint durable, hosts told. Does not wait for a kernel.
    /// Refusals: already-connected, address-taken, address-outside, subnet-full.
    /// </summary>
    [Alias("Connect")]
    Task<ConnectReply> Connect(Guid requestId, ConnectEndpoint request);

    /// <summary>Refusal: not-connected (not with <paramref name="force"/>).</summary>
    [Alias("Disconnect")]
    Task<ulong> Disconnect(Guid requestId, ObjectId sandbox, bool force);

    /// <summary>
    /// Takes back the connect of this request id: one that is done, and one that is still on its way, which is refused
    /// when it arrives. Harmless when there was none.
    /// </summary>
    [Alias("Abandon")]
    Task Abandon(Guid connectRequestId, ObjectId sandbox);

    [Alias("Inspect"), AlwaysInterleave]
    Task<NetworkDetails> Inspect();

    [Alias("FindEndpoint"), AlwaysInterleave]
    Task<EndpointRecord?> FindEndpoint(ObjectId sandbox);

    /// <summary>The endpoints that answer to a name, and its policy.</summary>
    [Alias("FindName"), AlwaysInterleave]
    Task<ServiceNameDetails> FindName(string name);

    /// <summary>Sets (null: removes) the policy of a service name; by ServiceNameGrain.</summary>
    [Alias("SetNamePolicy")]
    Task<ulong> SetNamePolicy(Guid requestId, string name, NamePolicyRecord? policy);

    /// <summary>By the host directory: the host was removed, so nothing of it waits for it any more. What fails is left to the audit.</summary>
    [Alias("HostRemoved")]
    Task HostRemoved(string host);

    /// <summary>
    /// By the catalog: releases all leases and ends the partition. Refused with network-in-use unless forced; replies
    /// with the names of the sandboxes that were cut off.
    /// </summary>
    [Alias("Delete")]
    Task<ImmutableArray<string>> Delete(bool force);
}

[GenerateSerializer, Alias("overlay.ConnectEndpoint"), Immutable]
public sealed record ConnectEndpoint
{
    [Id(0)] public required ObjectId Sandbox { get; init; }
    [Id(1)] public required string SandboxName { get; init; }
    [Id(2)] public required string Host { get; init; }
    [Id(3)] public required string Hostname { get; init; }
    [Id(4)] public ConnectOptions Options { get; init; } = new();

    /// <summary>The endpoint that the sandbox got before this one: interface numbers follow the order of creation.</summary>
    [Id(5)] public DateTimeOffset? After { get; init; }
}

/// <summary>What a user may say of one attachment.</summary>
[GenerateSerializer, Alias("overlay.ConnectOptions"), Immutable]
public sealed record ConnectOptions
{
    [Id(0)] public Address? Ip { get; init; }
    [Id(1)] public Address? Ip6 { get; init; }
    [Id(2)] public ImmutableArray<string> Aliases { get; init; } = [];
    [Id(3)] public MacAddress? Mac { get; init; }
    [Id(4)] public int GatewayPriority { get; init; }
    [Id(5)] public ImmutableDictionary<string, string> DriverOptions { get; init; } = ImmutableDictionary<string, string>.Empty;
}

[GenerateSerializer, Alias("overlay.ConnectReply"), Immutable]
public sealed record ConnectReply
{
    [Id(0)] public required EndpointRecord Endpoint { get; init; }

    /// <summary>Revision of the network that holds the endpoint: what to wait for.</summary>
    [Id(1)] public required ulong Revision { get; init; }
}

[GenerateSerializer, Alias("overlay.NetworkDetails"), Immutable]
public sealed record NetworkDetails
{
    [Id(0)] public required NetworkRecord Network { get; init; }
    [Id(1)] public required ulong Revision { get; init; }
    [Id(2)] public ImmutableArray<EndpointRecord> Endpoints { get; init; } = [];
    [Id(3)] public ImmutableArray<NodeRecord> Nodes { get; init; } = [];
    [Id(4)] public ImmutableArray<SubnetUsage> Usage { get; init; } = [];

    /// <summary>Per member host: the revision its agent has applied, or why that is not known.</summary>
    [Id(5)] public ImmutableArray<HostApplied> Applied { get; init; } = [];
    [Id(6)] public ImmutableArray<NamePolicyRecord> Policies { get; init; } = [];
}

[GenerateSerializer, Alias("overlay.HostApplied"), Immutable]
public sealed record HostApplied
{
    [Id(0)] public required string Host { get; init; }
    [Id(1)] public ulong? Revision { get; init; }
    [Id(2)] public string? Problem { get; init; }
}

/// <summary>One subnet's addresses by state. <see cref="Free"/> saturates at long.MaxValue.</summary>
[GenerateSerializer, Alias("overlay.SubnetUsage"), Immutable]
public sealed record SubnetUsage
{
    [Id(0)] public required Prefix Prefix { get; init; }
    [Id(1)] public int InUse { get; init; }
    [Id(2)] public int Quarantined { get; init; }
    [Id(3)] public long Free { get; init; }
}
