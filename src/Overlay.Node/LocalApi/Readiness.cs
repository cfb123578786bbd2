using System.Text.Json.Serialization;
using Overlay.Contracts.Agent;
using Overlay.Contracts.Records;
using Overlay.Node.Configuration;
using Overlay.Node.Hosting;

namespace Overlay.Node.LocalApi;

/// <summary>What GET /ready says. Ready = all of it; a host that is not ready still carries traffic and answers names.</summary>
/// <param name="Agent">The agent has a complete view of what this host must run, and has applied it.</param>
/// <param name="Joined">This host's silo is a member of the cluster.</param>
/// <param name="Store">The record store answers.</param>
internal sealed record Readiness(bool Ready, bool Agent, bool Joined, bool Store);

internal sealed record Health(bool Healthy, string Host, string Cluster, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Readiness))]
[JsonSerializable(typeof(Health))]
internal sealed partial class LocalApiJson : JsonSerializerContext;

internal sealed class ReadinessProbe(NodeOptions options, Membership membership, IClusterStore store, ILocalAgent? agent)
{
    private static readonly TimeSpan StoreLimit = TimeSpan.FromSeconds(1);

    public async Task<Readiness> AskAsync(CancellationToken cancellation)
    {
        var reachable = await store.IsReachableAsync(StoreLimit, cancellation);
        var joined = membership.HasJoined;
        var applied = IsApplied();
        return new Readiness(applied && joined && reachable, applied, joined, reachable);
    }

    // A host without an agent has nothing to apply. Revision 0: never heard of.
    private bool IsApplied() =>
        agent is null
        || (agent.AppliedRevision(Partitions.Hosts) > 0 && agent.Status().Applied.Any(a => a.Partition == Partitions.Roster(options.HostName)));
}
