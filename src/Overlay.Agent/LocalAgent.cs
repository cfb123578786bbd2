using System.Collections.Immutable;
using Overlay.Agent.Apply;
using Overlay.Agent.Feeds;
using Overlay.Agent.Liveness;
using Overlay.Agent.Names;
using Overlay.Agent.Ports;
using Overlay.Agent.Sandboxes;
using Overlay.Agent.View;
using Overlay.Contracts.Agent;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Dns;
using Overlay.Linux;

namespace Overlay.Agent;

/// <summary>The agent as the host's grain and the local API see it.</summary>
internal sealed class LocalAgent(
    AgentOptions options, FeedFollower follower, ViewStore views, ApplyLoop loop, CommandSupervisor commands, AgentMetrics metrics,
    HostRegistration registration, HostLiveness liveness, DnsServer names, NameInquiry inquiry, IKernel kernel, TimeProvider time) : ILocalAgent
{
    private static readonly TimeSpan PullRetry = TimeSpan.FromMilliseconds(100);

    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly string _roster = Partitions.Roster(options.HostName);

    public void Hint(string partition, ulong revision) => follower.Hint(partition, revision);

    public async Task WaitApplied(
        ImmutableArray<PartitionRevision> targets, ObjectId? sandbox, TimeSpan deadline, CancellationToken cancellation)
    {
        var state = await WaitUntil(
            s => targets.All(t => IsIn(s, t)) && (s.Pending.IsEmpty || !Concerned(s, targets, sandbox).Any(s.Pending.Contains)), targets, deadline, cancellation).ConfigureAwait(false);
        foreach (var owner in Concerned(state, targets, sandbox).OrderByDescending(o => o == sandbox))
            ThrowIfFailed(state, owner);
    }

    public async Task WaitReleased(PartitionRevision network, ImmutableArray<ObjectId> removed, TimeSpan deadline, CancellationToken cancellation)
    {
        // A view from disk takes nothing away.
        var state = await WaitUntil(s => s.View.MayDelete && IsIn(s, network) && !removed.Any(s.Pending.Contains), [network], deadline, cancellation).ConfigureAwait(false);
        foreach (var owner in removed.Add(default).Concat(state.View.Networks.Keys.Where(id => Partitions.Network(id) == network.Partition)))
            ThrowIfFailed(state, owner);
    }

    private async Task<AppliedState> WaitUntil(
        Func<AppliedState, bool> isReached, ImmutableArray<PartitionRevision> targets, TimeSpan deadline, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            foreach (var target in targets)
                follower.Hint(target.Partition, target.Revision);
            if (targets.Any(t => !views.Followed.Contains(t.Partition)))
            {
                // Only a roster that is newer than the question tells that a network is not this host's.
                while (!await follower.Pull(_roster).WaitAsync(either.Token).ConfigureAwait(false))
                    await Task.Delay(PullRetry, time, either.Token).ConfigureAwait(false);
            }
            while (true)
            {
                var next = loop.NextPass;
                var state = loop.Applied;
                if (isReached(state))
                    return state;
                await next.WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new RefusalException(
                ErrorCodes.Deadline,
                $"host {options.HostName} has not applied {string.Join(", ", targets.Select(t => $"{t.Partition} at {t.Revision} (it has {AppliedRevision(t.Partition)})"))} within {deadline.TotalSeconds:0.#} s; it goes on trying, see 'overlay host ls'",
                ("host", options.HostName));
        }
    }

    public ulong AppliedRevision(string partition) => loop.Applied.RevisionOf(partition);

    public SandboxStatus? SandboxStatus(ObjectId sandbox)
    {
        var state = loop.Applied;
        if (!views.Current.Sandboxes.TryGetValue(sandbox, out var record))
            return null;
        var stack = record.Joins is { } joined ? views.Current.Sandboxes.GetValueOrDefault(joined) : record;
        var runs = record.Started && stack is { Started: true };
        var path = runs && stack!.HasNamespace() ? $"/run/netns/{stack!.Name}" : null;
        var status = commands.Status(record with { Started = runs }, state.Problems.GetValueOrDefault(sandbox), path);
        return status with { Problem = status.Problem ?? (state.Warnings.TryGetValue(sandbox, out var warnings) ? warnings[0] : null) ?? (record.Started && !runs ? Waits(record, stack) : null) };
    }

    public Task<LogPage> ReadLog(ObjectId sandbox, long offset, CancellationToken cancellation)
    {
        var run = commands.RunOf(sandbox);
        var ended = run.Session is null && !run.IsStarting(time.GetUtcNow());
        return Task.FromResult(OutputFile.Read(run.Output, offset, ended));
    }

    public Task<NameAnswer> QueryName(ObjectId sandbox, string name, string type) => inquiry.Ask(sandbox, name, type);

    public ImmutableArray<BusyPort> ProbePorts(ImmutableArray<PortRequest> ports, bool v4, bool v6) =>
        PortProbe.Probe(kernel.Host, options.HostName, ports, v4, v6);

    public ImmutableArray<PartitionCopy> Claims() =>
        [.. follower.Newest().Select(state => new PartitionCopy { Name = state.Name, Cursor = state.Cursor, Fields = state.Fields })];

    public HostStatus Status()
    {
        var state = loop.Applied;
        return new HostStatus
        {
            Host = options.HostName,
            Version = options.Version,
            Applied = [.. state.View.Revisions.Select(r => new PartitionRevision(r.Key, r.Value)).OrderBy(r => r.Partition, StringComparer.Ordinal)],
            Problems = [.. loop.Missing.Concat(state.Problems.Values).Concat(state.Warnings.Values.SelectMany(w => w)).Concat(liveness.PathProblems).Append(registration.Problem).OfType<string>().Distinct()],
            Started = _started,
            DriftRepaired = metrics.DriftRepaired,
            DnsQueries = names.Statistics.ToImmutableDictionary(s => s.Key.ToString().ToLowerInvariant(), s => s.Value),
        };
    }

    private static string Waits(SandboxRecord sandbox, SandboxRecord? joined) => joined is null
        ? $"the sandbox {sandbox.Joins!.Value.Short} whose network it joins is gone"
        : $"it starts with '{joined.Name}', whose network it joins and which is stopped";

    // A network that the roster does not name any more has nothing here: applied, once the roster is known to be newer
    // than the question, which the pull before the first look made sure of.
    private bool IsIn(AppliedState state, PartitionRevision target) =>
        state.View.Revisions.TryGetValue(target.Partition, out var revision)
            ? revision >= target.Revision
            : state.View.MayDelete && !views.Followed.Contains(target.Partition);

    /// <summary>The host, the sandbox, the networks asked for, and the endpoints of these that are here.</summary>
    private HashSet<ObjectId> Concerned(AppliedState state, ImmutableArray<PartitionRevision> targets, ObjectId? sandbox)
    {
        var concerned = new HashSet<ObjectId> { default };
        if (sandbox is { } id)
            concerned.Add(id);
        foreach (var network in state.View.Networks.Values)
        {
            var isTarget = targets.Any(t => t.Partition == Partitions.Network(network.Id));
            var local = network.Endpoints.Values.Where(e => e.Host == options.HostName && (sandbox is null ? isTarget : e.Sandbox == sandbox)).ToArray();
            if (isTarget || local.Length > 0)
                concerned.Add(network.Id);
            concerned.UnionWith(local.Select(e => e.Id));
        }
        return concerned;
    }

    private void ThrowIfFailed(AppliedState state, ObjectId owner)
    {
        if (state.Problems.TryGetValue(owner, out var problem))
            throw new RefusalException(ErrorCodes.ApplyFailed, $"host {options.HostName} cannot make it: {problem}", ("host", options.HostName), ("problem", problem));
    }
}
