using System.Text.Json.Serialization;
using Overlay.Node.Hosting;

namespace Overlay.Node.LocalApi;

/// <summary>What GET /ready says. Ready = all of it; a host that is not ready still carries traffic and answers names.</summary>
/// <param name="Agent">The agent has a complete view of what this host must run, and has applied it.</param>
/// <param name="Joined">This host's silo is a member of the cluster.</param>
/// <param name="Store">Redis answers.</param>
internal sealed record Readiness(bool Ready, bool Agent, bool Joined, bool Store);

internal sealed record Health(bool Healthy, string Host, string Cluster, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Readiness))]
[JsonSerializable(typeof(Health))]
internal sealed partial class LocalApiJson : JsonSerializerContext;

internal sealed class ReadinessProbe(ControlPlane controlPlane, RedisConnection redis, IAgentReadiness agent)
{
    private static readonly TimeSpan StoreLimit = TimeSpan.FromSeconds(1);

    public async Task<Readiness> AskAsync(CancellationToken cancellation)
    {
        var store = await redis.IsReachableAsync(StoreLimit, cancellation);
        var joined = controlPlane.HasJoined;
        return new Readiness(agent.IsReady && joined && store, agent.IsReady, joined, store);
    }
}

internal interface IAgentReadiness
{
    bool IsReady { get; }
}

/// <summary>A host without an agent has nothing to wait for.</summary>
internal sealed class NoAgent : IAgentReadiness
{
    public bool IsReady => true;
}
