using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Hosting;
using Overlay.Grains.Store;

namespace Overlay.Grains.Recovery;

/// <inheritdoc cref="IStateGrain"/>
/// <remarks>
/// Works on the store itself, not through <see cref="StoreGuard"/>, and needs no other grain than the hosts': it must be
/// able to work while nothing else may.
/// </remarks>
[Reentrant]
public sealed partial class StateGrain(GrainServices services) : Grain, IStateGrain
{
    private const string RunField = "run";
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    private string? _admitted;
    private Task? _admitting;

    private IRecordStore Store => services.Options.Store;

    public async Task Admit(string run)
    {
        if (_admitted == run)
            return;
        var check = _admitting is { IsCompleted: false } running ? running : _admitting = AdmitOnce(run);
        await check.ConfigureAwait(true);
    }

    public async Task<RecoveryReport> Recover(ImmutableArray<string> without)
    {
        var report = await Heal(without, grace: TimeSpan.Zero).ConfigureAwait(true);
        await DropActivations().ConfigureAwait(true);
        return report;
    }

    public async Task<RecoveryReport> Compare() => (await Look().ConfigureAwait(true)).Report;

    public Task<ImmutableArray<string>> ListPartitions() => Store.List();

    public async Task<PartitionCopy> ReadPartition(string partition) => CopyOf(partition, await Store.Load(partition).ConfigureAwait(true));

    public async Task WritePartition(PartitionCopy copy, bool replaceNewer)
    {
        var at = await Store.Load(copy.Name).ConfigureAwait(true);
        if (at.Revision > copy.Cursor.Revision && !replaceNewer)
        {
            throw new RefusalException(
                ErrorCodes.Conflict, $"{copy.Name} is at revision {at.Revision} in the store, newer than the copy's {copy.Cursor.Revision}; nothing of it was changed",
                ("partition", copy.Name));
        }
        await Write(copy.Name, at, copy.Fields, Math.Max(at.Revision, copy.Cursor.Revision) + 1).ConfigureAwait(true);
    }

    private async Task AdmitOnce(string run)
    {
        var mark = await Store.Load(IStateGrain.Key).ConfigureAwait(true);
        if (!(mark.Fields.TryGetValue(RunField, out var bytes) && RecordCodec.Decode<StoreRunRecord>(bytes).Run == mark.RunId))
            await Heal([], services.Options.ClaimGrace).ConfigureAwait(true);
        if (mark.RunId != run)
            throw new StoreUnavailableException("the record store was restarted meanwhile; try again");
        _admitted = run;
    }

    private async Task<RecoveryReport> Heal(ImmutableArray<string> without, TimeSpan grace)
    {
        var started = services.Time.GetTimestamp();
        var seen = await Look().ConfigureAwait(true);
        // A host that is only starting may know more than those which are here already.
        while (!seen.Report.IsOlder && !seen.Report.Missing.IsEmpty && services.Time.GetElapsedTime(started) < grace)
        {
            await Task.Delay(LookAgain, services.Time).ConfigureAwait(true);
            seen = await Look().ConfigureAwait(true);
        }
        var missing = seen.Report.Missing.Except(without, StringComparer.Ordinal).ToList();
        if (seen.Report.IsOlder && missing.Count > 0)
        {
            var names = string.Join(", ", missing);
            LogFrozen(services.Log, names);
            throw new StoreUnavailableException(
                $"the record store came back older than what hosts hold, and nothing is granted until {names} told what they hold: start overlayd there, or 'overlay state recover --without {missing[0]}'");
        }
        // Hosts, rosters and networks first: a healing that is cut short goes on from there.
        foreach (var (partition, fields) in seen.Plan.Fields.OrderBy(p => p.Key is Partitions.Catalog || p.Key.StartsWith("subnet/", StringComparison.Ordinal)))
        {
            var at = seen.Stored.GetValueOrDefault(partition)?.Cursor.Revision ?? 0;
            var stored = await Store.Load(partition).ConfigureAwait(true);
            if (stored.Revision != at)
                throw new StoreUnavailableException($"{partition} was changed meanwhile; try again");
            await Write(partition, stored, fields, Math.Max(at, seen.Plan.Revisions.GetValueOrDefault(partition)) + 1).ConfigureAwait(true);
        }
        if (!seen.Plan.Fields.IsEmpty)
        {
            LogHealed(services.Log, seen.Plan.Fields.Count, seen.Plan.Contradictions.Length);
            await DropActivations().ConfigureAwait(true);
        }
        await Mark().ConfigureAwait(true);
        return seen.Report;
    }

    private sealed record Seen(Dictionary<string, PartitionCopy> Stored, Healing.Plan Plan, RecoveryReport Report);

    private async Task<Seen> Look()
    {
        // Claims first: what a host holds was in the store before, so the store must have it.
        var claims = await Claims().ConfigureAwait(true);
        var stored = new Dictionary<string, PartitionCopy>();
        foreach (var partition in await Store.List().ConfigureAwait(true))
        {
            if (partition != IStateGrain.Key)
                stored[partition] = await ReadPartition(partition).ConfigureAwait(true);
        }
        var plan = Healing.Of(stored, claims);
        var hosts = plan.Fields.GetValueOrDefault(Partitions.Hosts) ?? stored.GetValueOrDefault(Partitions.Hosts)?.Fields;
        var known = hosts?.Keys.Where(f => f.StartsWith(Fields.HostPrefix, StringComparison.Ordinal)).Select(f => f[Fields.HostPrefix.Length..]) ?? [];
        return new(stored, plan, new RecoveryReport
        {
            Differences = [.. plan.Fields.SelectMany(p => Difference.Of(p.Key, stored.GetValueOrDefault(p.Key)?.Fields, p.Value)).Order(StringComparer.Ordinal)],
            Contradictions = plan.Contradictions,
            Missing = [.. known.Where(host => !claims.ContainsKey(host)).Order(StringComparer.Ordinal)],
            IsOlder = !plan.Revisions.IsEmpty,
        });
    }

    private async Task<Dictionary<string, ImmutableArray<PartitionCopy>>> Claims()
    {
        var answers = await Task.WhenAll(services.Hosts.All().Select(async host =>
        {
            try
            {
                return (Host: host, Claims: (ImmutableArray<PartitionCopy>?)await GrainFactory.GetGrain<IHostGrain>(host).Claims().WaitAsync(AskDeadline, services.Time).ConfigureAwait(true));
            }
            catch (Exception error) when (error is OverlayException or RefusalException or TimeoutException or OrleansException or ArgumentException)
            {
                // Gone meanwhile, or without an agent (where no silo has one, there is no such grain at all): it is among
                // the missing if it is known.
                return (host, null);
            }
        })).ConfigureAwait(true);
        return answers.Where(a => a.Claims is not null).ToDictionary(a => a.Host, a => a.Claims!.Value);
    }

    private async Task Mark()
    {
        var at = await Store.Load(IStateGrain.Key).ConfigureAwait(true);
        await Write(IStateGrain.Key, at, at.Fields.SetItem(RunField, RecordCodec.Encode(new StoreRunRecord { Run = at.RunId })), at.Revision + 1).ConfigureAwait(true);
    }

    private async Task Write(string partition, StoredPartition at, ImmutableDictionary<string, byte[]> fields, ulong revision)
    {
        ImmutableArray<FieldChange> changes =
        [
            .. fields.Select(f => new FieldChange(f.Key, f.Value)),
            .. at.Fields.Keys.Where(field => !fields.ContainsKey(field)).Select(field => new FieldChange(field, null)),
        ];
        var commit = new StoreCommit(partition, at.Cursor, at.RunId, ChainHash.Next(at.Hash, services.Random), changes) { Revision = revision };
        if (await Store.Commit(commit).ConfigureAwait(true) is not CommitResult.Committed)
            throw new StoreUnavailableException($"{partition} was changed by another meanwhile; try again");
    }

    // What they remember is not what the store has now. One that is busy keeps its memory until its next commit conflicts.
    private Task DropActivations() => GrainFactory.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private static PartitionCopy CopyOf(string name, StoredPartition stored) => new() { Name = name, Cursor = stored.Cursor, Fields = stored.Fields };

    [LoggerMessage(1, LogLevel.Warning, "the record store came back older than what hosts hold; grants are frozen until {Hosts} told what they hold")]
    private static partial void LogFrozen(ILogger log, string hosts);

    [LoggerMessage(2, LogLevel.Warning, "the record store was made whole from what hosts hold: {Partitions} partitions, {Contradictions} contradictions; see 'overlay state diff'")]
    private static partial void LogHealed(ILogger log, int partitions, int contradictions);
}
