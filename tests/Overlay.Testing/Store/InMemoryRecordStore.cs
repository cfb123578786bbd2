using System.Collections.Immutable;
using Overlay.Grains.Store;

namespace Overlay.Testing.Store;

/// <summary>
/// The record store's semantics without a server, and with switches for what servers do to their callers. Copies can be
/// taken and put back: a store that comes back older.
/// </summary>
public sealed class InMemoryRecordStore(TimeProvider time) : IRecordStore
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, StoredPartition> _partitions = ImmutableDictionary<string, StoredPartition>.Empty;
    private string _runId = "run-1";
    private int _runs = 1;
    private Fault _next;
    private TaskCompletionSource? _hold;

    public enum Fault
    {
        None,

        /// <summary>Refused: nothing happens.</summary>
        Refuse,

        /// <summary>It happens, and its answer is lost.</summary>
        LoseAnswer,

        /// <summary>It does not happen, and nobody says so.</summary>
        LoseRequest,
    }

    public int Commits { get; private set; }

    public int Loads { get; private set; }

    /// <summary>What becomes of the next commit.</summary>
    public void FailNext(Fault fault) => _next = fault;

    /// <summary>Commits wait from here on until the result is disposed.</summary>
    public IDisposable Hold()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hold = hold;
        return new Release(() =>
        {
            _hold = null;
            hold.SetResult();
        });
    }

    /// <summary>Another process of the store has the same data.</summary>
    public void Restart()
    {
        lock (_gate)
            _runId = $"run-{++_runs}";
    }

    public ImmutableDictionary<string, StoredPartition> Copy() => _partitions;

    /// <summary>The store comes back with an older copy.</summary>
    public void Restore(ImmutableDictionary<string, StoredPartition> copy)
    {
        Restart();
        lock (_gate)
            _partitions = copy;
    }

    public Task<StoredPartition> Load(string partition, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            Loads++;
            return Task.FromResult(Current(partition) with { Time = time.GetUtcNow(), RunId = _runId });
        }
    }

    public Task<ImmutableArray<string>> List(CancellationToken cancellation = default) =>
        Task.FromResult<ImmutableArray<string>>([.. _partitions.Keys.Order(StringComparer.Ordinal)]);

    public async Task<CommitResult> Commit(StoreCommit commit, CancellationToken cancellation = default)
    {
        if (_hold is { } hold)
            await hold.Task.WaitAsync(cancellation);
        lock (_gate)
        {
            var fault = _next;
            _next = Fault.None;
            if (fault is Fault.Refuse or Fault.LoseRequest)
                throw new StoreUnavailableException("the test's store is away");
            var result = Apply(commit);
            return fault == Fault.LoseAnswer ? throw new StoreUnavailableException("the test's store lost its answer") : result;
        }
    }

    private CommitResult Apply(StoreCommit commit)
    {
        if (commit.RunId != _runId)
            return new CommitResult.OtherRun(_runId);
        var current = Current(commit.Partition);
        if (current.Cursor != commit.Expected)
            return new CommitResult.Conflict(current.Cursor);
        Commits++;
        var next = commit.Next;
        if (commit.EndsPartition)
        {
            _partitions = _partitions.Remove(commit.Partition);
            return new CommitResult.Committed(next, time.GetUtcNow());
        }
        var fields = current.Fields.ToBuilder();
        foreach (var (field, value) in commit.Changes)
        {
            if (value is null)
                fields.Remove(field);
            else
                fields[field] = value;
        }
        _partitions = _partitions.SetItem(commit.Partition, current with { Revision = next.Revision, Hash = next.Hash, Fields = fields.ToImmutable() });
        return new CommitResult.Committed(next, time.GetUtcNow());
    }

    private StoredPartition Current(string partition) => _partitions.GetValueOrDefault(partition)
        ?? new StoredPartition(0, 0, ImmutableDictionary<string, byte[]>.Empty, time.GetUtcNow(), _runId);

    private sealed class Release(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
