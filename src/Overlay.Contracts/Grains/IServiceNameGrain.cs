using System.Collections.Immutable;
using Overlay.Contracts.Records;

namespace Overlay.Contracts.Grains;

/// <summary>
/// One name on one network (key <c>NETWORK-ID/NAME</c>, name in lower case): which endpoints answer to it, cluster-wide, and by
/// which policy. Members are what the network's endpoints say (one truth); the policy is a field of the network's
/// partition, so that it reaches the agents in the same feed.
/// </summary>
[Alias("overlay.IServiceNameGrain")]
public interface IServiceNameGrain : IGrainWithStringKey
{
    [Alias("Inspect")]
    Task<ServiceNameDetails> Inspect();

    [Alias("SetPolicy")]
    Task<ulong> SetPolicy(Guid requestId, NamePolicyRecord? policy);
}

[GenerateSerializer, Alias("overlay.ServiceNameDetails"), Immutable]
public sealed record ServiceNameDetails
{
    [Id(0)] public required NamePolicyRecord Policy { get; init; }
    [Id(1)] public ImmutableArray<EndpointRecord> Members { get; init; } = [];
}
