using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Placement;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Hosts;

/// <inheritdoc cref="IRosterGrain"/>
[Reentrant, PreferLocalPlacement]
public sealed partial class RosterGrain(GrainServices services) : PartitionGrain<RosterState>(services), IRosterGrain
{
    protected override string PartitionName => Partitions.Roster(Host);

    protected override bool IsFed => true;

    private string Host => this.GetPrimaryKeyString();

    public Task<RosterReply> AddSandbox(
        Guid requestId, SandboxRecord sandbox, ImmutableArray<PortRequest> ports, DateTimeOffset reserved, ImmutableArray<BusyPort> busy) =>
        Partition.ExecuteOnce(requestId, $"sandbox add {sandbox.Id}", RecordJson.Default.RosterReply,
            (state, moment) => RosterDecisions.Add(state, moment, sandbox, ports, busy, reserved + Services.Options.CreationLimit));

    public Task<RosterReply> SetStarted(Guid requestId, ObjectId sandbox, bool started) =>
        Partition.ExecuteOnce(requestId, $"sandbox {(started ? "start" : "stop")} {sandbox}", RecordJson.Default.RosterReply,
            (state, moment) => RosterDecisions.SetStarted(state, moment, sandbox, started));

    public Task<PortsReply> PublishPorts(Guid requestId, ObjectId sandbox, ImmutableArray<PortRequest> ports, ImmutableArray<BusyPort> busy) =>
        Partition.ExecuteOnce(requestId, PublishCall(sandbox), RecordJson.Default.PortsReply,
            (state, moment) => PortDecisions.Publish(state, moment, sandbox, ports, busy));

    public Task<PortsReply?> FindPublished(Guid publishRequestId, ObjectId sandbox) => Task.FromResult(
        Partition.TryReplay(publishRequestId, PublishCall(sandbox), RecordJson.Default.PortsReply, out var published) ? published : null);

    public async Task WithdrawPorts(Guid publishRequestId, ObjectId sandbox)
    {
        if (await FindPublished(publishRequestId, sandbox).ConfigureAwait(true) is { } published)
            await Partition.ExecuteAndForget(publishRequestId, (state, moment) => PortDecisions.Withdraw(state, moment, sandbox, published.Ports)).ConfigureAwait(true);
    }

    public Task<PortsReply> UnpublishPorts(Guid requestId, ObjectId sandbox, ImmutableArray<PortRequest> ports) =>
        Partition.ExecuteOnce(requestId, $"port rm {sandbox}", RecordJson.Default.PortsReply,
            (state, moment) => PortDecisions.Unpublish(state, moment, sandbox, ports));

    public Task<ulong> RemoveSandbox(ObjectId sandbox) =>
        Partition.Execute((state, moment) => RosterDecisions.Remove(state, moment, sandbox));

    public Task<ulong> RemoveUnjoined(ObjectId sandbox) =>
        Partition.Execute((state, moment) => RosterDecisions.RemoveUnjoined(state, moment, sandbox));

    public Task<ImmutableArray<SandboxRecord>> FindJoined(ObjectId sandbox) => Task.FromResult(JoinRules.JoinedTo(State, sandbox));

    public Task<bool> ConfirmAbsent(ObjectId sandbox) =>
        Partition.Execute((state, _) => RosterDecisions.ConfirmAbsent(state, sandbox));

    public Task<SandboxRecord?> GetSandbox(ObjectId sandbox) => Task.FromResult(State.Sandboxes.GetValueOrDefault(sandbox));

    public Task<ImmutableArray<SandboxRecord>> ListSandboxes() => Task.FromResult<ImmutableArray<SandboxRecord>>(
        [.. State.Sandboxes.Values.OrderBy(s => s.Name, StringComparer.Ordinal)]);

    public Task<ImmutableArray<ObjectId>> FollowedNetworks() => Task.FromResult<ImmutableArray<ObjectId>>([.. State.Follows.Keys]);

    public Task<ulong> Follow(ObjectId network, ulong fence) =>
        Partition.Execute((state, moment) => RosterDecisions.Follow(state, moment, network, fence));

    public Task<ulong> Unfollow(ObjectId network, ulong fence) =>
        Partition.Execute((state, moment) => RosterDecisions.Unfollow(state, moment, network, fence));

    private static string PublishCall(ObjectId sandbox) => $"port add {sandbox}";

    protected override RosterState Read(ImmutableDictionary<string, byte[]> fields) => RosterState.Read(fields);

    protected override void OnCommitted(FeedCursor cursor, IReadOnlyCollection<string> fields) => Hint([Host], cursor.Revision);
}
