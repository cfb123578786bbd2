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

    public Task<RosterReply> AddSandbox(Guid requestId, SandboxRecord sandbox, ImmutableArray<PortRequest> ports, DateTimeOffset reserved) =>
        Partition.ExecuteOnce(requestId, $"sandbox add {sandbox.Id}", RecordJson.Default.RosterReply,
            (state, moment) => RosterDecisions.Add(state, moment, sandbox, ports, reserved + Services.Options.CreationLimit));

    public Task<RosterReply> SetStarted(Guid requestId, ObjectId sandbox, bool started) =>
        Partition.ExecuteOnce(requestId, $"sandbox {(started ? "start" : "stop")} {sandbox}", RecordJson.Default.RosterReply,
            (state, moment) => RosterDecisions.SetStarted(state, moment, sandbox, started));

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

    protected override RosterState Read(ImmutableDictionary<string, byte[]> fields) => RosterState.Read(fields);

    protected override void OnCommitted(FeedCursor cursor, IReadOnlyCollection<string> fields) => Hint([Host], cursor.Revision);
}
