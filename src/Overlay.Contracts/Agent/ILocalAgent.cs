using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Core;

namespace Overlay.Contracts.Agent;

/// <summary>The agent in this process, as HostGrain sees it. Every member may be called from any thread.</summary>
public interface ILocalAgent
{
    void Hint(string partition, ulong revision);

    /// <inheritdoc cref="IHostGrain.WaitApplied"/>
    Task WaitApplied(ImmutableArray<PartitionRevision> targets, ObjectId? sandbox, TimeSpan deadline, CancellationToken cancellation);

    /// <inheritdoc cref="IHostGrain.WaitReleased"/>
    Task WaitReleased(PartitionRevision network, ImmutableArray<ObjectId> removed, TimeSpan deadline, CancellationToken cancellation);

    ulong AppliedRevision(string partition);

    SandboxStatus? SandboxStatus(ObjectId sandbox);

    Task<LogPage> ReadLog(ObjectId sandbox, long offset, CancellationToken cancellation);

    /// <inheritdoc cref="IHostGrain.QueryName"/>
    Task<NameAnswer> QueryName(ObjectId sandbox, string name, string type);

    /// <inheritdoc cref="IHostGrain.ProbePorts"/>
    ImmutableArray<BusyPort> ProbePorts(ImmutableArray<PortRequest> ports, bool v4, bool v6);

    /// <inheritdoc cref="IHostGrain.Claims"/>
    ImmutableArray<PartitionCopy> Claims();

    HostStatus Status();
}
