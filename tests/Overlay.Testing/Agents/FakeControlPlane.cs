using System.Collections.Immutable;
using Overlay.Agent.Feeds;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Testing.Agents;

/// <summary>Partitions in memory that agents follow: every change is a revision; a follower gets deltas, or
/// a snapshot when it is too far behind.</summary>
public sealed class FakeControlPlane : IControlPlane
{
    private const int DeltasKept = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Partition> _partitions = [];
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>While set, every call fails: the control plane is away.</summary>
    public bool IsAway { get; set; }

    /// <summary>Completes once a host has registered.</summary>
    public Task FirstRegistration => _registered.Task;

    public HostRecord? LastRegistered { get; private set; }

    public List<ObjectId> RemovalsAsked { get; } = [];

    /// <summary>After a change: partition and revision.</summary>
    public event Action<string, ulong>? Changed;

    public ulong Put<T>(string partition, string field, T record)
        where T : class => Change(partition, [KeyValuePair.Create(field, (byte[]?)RecordCodec.Encode(record))]);

    /// <summary>Many records in one revision.</summary>
    public ulong PutAll<T>(string partition, IEnumerable<(string Field, T Record)> records)
        where T : class => Change(partition, [.. records.Select(r => KeyValuePair.Create(r.Field, (byte[]?)RecordCodec.Encode(r.Record)))]);

    public ulong Delete(string partition, params IReadOnlyList<string> fields) =>
        Change(partition, [.. fields.Select(f => KeyValuePair.Create(f, (byte[]?)null))]);

    public ulong Drop(string partition)
    {
        lock (_lock)
            _partitions[partition] = Partition.Absent with { Revision = RevisionOf(partition) + 1, Gone = true };
        Changed?.Invoke(partition, RevisionOf(partition));
        return RevisionOf(partition);
    }

    public ulong RevisionOf(string partition)
    {
        lock (_lock)
            return _partitions.TryGetValue(partition, out var found) ? found.Revision : 0;
    }

    public Task<FeedPage> Pull(string partition, FeedCursor since, CancellationToken cancellation)
    {
        lock (_lock)
        {
            ThrowIfAway();
            var found = _partitions.GetValueOrDefault(partition) ?? Partition.Absent;
            var isDelta = since.Revision > 0 && since.Revision <= found.Revision && since.Revision + (ulong)found.Recent.Count >= found.Revision;
            return Task.FromResult(new FeedPage
            {
                Cursor = new(found.Revision, found.Revision),
                IsSnapshot = !isDelta,
                Gone = found.Gone,
                Changes = isDelta
                    ? [.. found.Recent.TakeLast((int)(found.Revision - since.Revision)).SelectMany(f => f).Distinct().Select(f => new FieldChange(f, found.Fields.GetValueOrDefault(f)))]
                    : [.. found.Fields.Select(f => new FieldChange(f.Key, f.Value))],
            });
        }
    }

    public Task Register(HostRecord host, CancellationToken cancellation)
    {
        ThrowIfAway();
        LastRegistered = host;
        Put(Partitions.Hosts, Fields.Host(host.Name), host);
        _registered.TrySetResult();
        return Task.CompletedTask;
    }

    public Task RemoveSandbox(ObjectId sandbox, CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (_lock)
            RemovalsAsked.Add(sandbox);
        return Task.CompletedTask;
    }

    private ulong Change(string partition, IReadOnlyList<KeyValuePair<string, byte[]?>> changes)
    {
        ulong revision;
        lock (_lock)
        {
            var found = _partitions.GetValueOrDefault(partition) ?? Partition.Absent;
            revision = found.Revision + 1;
            _partitions[partition] = new(revision, changes.Aggregate(found.Fields, Apply), Remembered(found.Recent.Add([.. changes.Select(c => c.Key)])), Gone: false);
        }
        Changed?.Invoke(partition, revision);
        return revision;
    }

    private static ImmutableDictionary<string, byte[]> Apply(ImmutableDictionary<string, byte[]> fields, KeyValuePair<string, byte[]?> change) =>
        change.Value is { } value ? fields.SetItem(change.Key, value) : fields.Remove(change.Key);

    private static ImmutableList<ImmutableArray<string>> Remembered(ImmutableList<ImmutableArray<string>> recent) =>
        recent.Count > DeltasKept ? recent.RemoveAt(0) : recent;

    private void ThrowIfAway()
    {
        if (IsAway)
            throw new InvalidOperationException("the control plane is away");
    }

    /// <param name="Recent">The fields that each of the last revisions changed, oldest first.</param>
    private sealed record Partition(
        ulong Revision, ImmutableDictionary<string, byte[]> Fields, ImmutableList<ImmutableArray<string>> Recent, bool Gone)
    {
        public static readonly Partition Absent = new(0, ImmutableDictionary<string, byte[]>.Empty, [], Gone: false);
    }
}
