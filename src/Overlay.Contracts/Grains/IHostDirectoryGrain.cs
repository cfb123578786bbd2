using System.Collections.Immutable;
using Overlay.Contracts.Records;

namespace Overlay.Contracts.Grains;

/// <summary>The cluster's hosts (key <see cref="Key"/>) and where their tunnels end; every agent follows it.</summary>
[Alias("overlay.IHostDirectoryGrain")]
public interface IHostDirectoryGrain : IFeed
{
    const string Key = "hosts";

    /// <summary>
    /// By each agent at its start. Refusals: host-taken (another machine holds this name, or this tunnel address).
    /// </summary>
    [Alias("Register")]
    Task<ulong> Register(HostRecord host);

    [Alias("List")]
    Task<ImmutableArray<HostState>> List();

    /// <summary>Refusal: unknown-host, with the known ones.</summary>
    [Alias("Find")]
    Task<HostState> Find(string name);

    /// <summary>Begins or ends the draining of a host; survives its restarts. Refusal: unknown-host.</summary>
    [Alias("Drain")]
    Task<ulong> Drain(Guid requestId, string name, bool draining);

    /// <summary>
    /// Forgets a host, and what it has: addresses, its place on the networks. Refused while its overlayd is alive; and
    /// while it has sandboxes, unless forced, which removes them. Replies with the names of those.
    /// </summary>
    [Alias("Remove")]
    Task<ImmutableArray<string>> Remove(Guid requestId, string name, bool force);
}

[GenerateSerializer, Alias("overlay.HostState"), Immutable]
public sealed record HostState
{
    [Id(0)] public required HostRecord Host { get; init; }

    /// <summary>Its silo is an active member of the cluster.</summary>
    [Id(1)] public bool Alive { get; init; }
    [Id(2)] public int Sandboxes { get; init; }
}
