using System.Collections.Immutable;
using Overlay.Contracts.Agent;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Hosting;
using Overlay.Grains.Placement;

namespace Overlay.Grains.Hosts;

/// <inheritdoc cref="IHostGrain"/>
[HostPlacement]
public sealed class HostGrain(GrainServices services) : Grain, IHostGrain
{
    public Task Hint(string partition, ulong revision)
    {
        services.Options.Agent?.Hint(partition, revision);
        return Task.CompletedTask;
    }

    public Task WaitApplied(ImmutableArray<PartitionRevision> targets, ObjectId? sandbox, TimeSpan deadline) =>
        Agent.WaitApplied(targets, sandbox, deadline, CancellationToken.None);

    public Task WaitReleased(PartitionRevision network, ImmutableArray<ObjectId> removed, TimeSpan deadline) =>
        Agent.WaitReleased(network, removed, deadline, CancellationToken.None);

    public Task<ulong> AppliedRevision(string partition) => Task.FromResult(Agent.AppliedRevision(partition));

    public Task<SandboxStatus?> SandboxStatus(ObjectId sandbox) => Task.FromResult(Agent.SandboxStatus(sandbox));

    public Task<LogPage> ReadLog(ObjectId sandbox, long offset) => Agent.ReadLog(sandbox, offset, CancellationToken.None);

    public Task<NameAnswer> QueryName(ObjectId sandbox, string name, string type) => Agent.QueryName(sandbox, name, type);

    // Off the grain's scheduler: a long range is thousands of looks.
    public Task<ImmutableArray<BusyPort>> ProbePorts(ImmutableArray<PortRequest> ports, bool v4, bool v6)
    {
        var agent = Agent;
        return Task.Run(() => agent.ProbePorts(ports, v4, v6));
    }

    public Task<ImmutableArray<PartitionCopy>> Claims() => Task.FromResult(Agent.Claims());

    public Task<HostStatus> Status()
    {
        var status = Agent.Status();
        return Task.FromResult(status with { Problems = [.. status.Problems, .. services.Options.StoreWarnings()] });
    }

    private ILocalAgent Agent => services.Options.Agent ?? throw new RefusalException(
        ErrorCodes.HostDown,
        $"host '{this.GetPrimaryKeyString()}' carries no sandboxes: its overlayd runs with --role control", ("host", this.GetPrimaryKeyString()));
}
