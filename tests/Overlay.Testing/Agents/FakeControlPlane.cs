using System.Collections.Immutable;
using Overlay.Agent.Feeds;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;

namespace Overlay.Testing.Agents;

/// <summary>Partitions in memory that agents follow: every change is a revision, and a follower gets snapshots.</summary>
public sealed class FakeControlPlane : IControlPlane
{
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
        where T : class => Change(partition, fields => fields.SetItem(field, RecordCodec.Encode(record)));

    public ulong Delete(string partition, string field) => Change(partition, fields => fields.Remove(field));

    public ulong Drop(string partition)
    {
        lock (_lock)
            _partitions[partition] = new(RevisionOf(partition) + 1, ImmutableDictionary<string, byte[]>.Empty, Gone: true);
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
            var found = _partitions.GetValueOrDefault(partition) ?? new(0, ImmutableDictionary<string, byte[]>.Empty, Gone: false);
            var isNews = since.Revision != found.Revision || found.Revision == 0;
            return Task.FromResult(new FeedPage
            {
                Cursor = new(found.Revision, found.Revision),
                IsSnapshot = isNews,
                Gone = found.Gone,
                Changes = isNews ? [.. found.Fields.Select(f => new FieldChange(f.Key, f.Value))] : [],
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

    private ulong Change(string partition, Func<ImmutableDictionary<string, byte[]>, ImmutableDictionary<string, byte[]>> change)
    {
        ulong revision;
        lock (_lock)
        {
            var fields = _partitions.TryGetValue(partition, out var found) ? found.Fields : ImmutableDictionary<string, byte[]>.Empty;
            revision = (found?.Revision ?? 0) + 1;
            _partitions[partition] = new(revision, change(fields), Gone: false);
        }
        Changed?.Invoke(partition, revision);
        return revision;
    }

    private void ThrowIfAway()
    {
        if (IsAway)
            throw new InvalidOperationException("the control plane is away");
    }

    private sealed record Partition(ulong Revision, ImmutableDictionary<string, byte[]> Fields, bool Gone);
}
