using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Overlay.Grains.Store;

/// <summary>
/// Partitions in one SQLite file, for a host that needs no Redis. One thread owns the connection; all operations that
/// wait are one transaction, so that many commits share one fsync. Nobody hears of a commit before it is on disk.
/// </summary>
/// <remarks>The run id is the process's: the file is locked as long as it lives, so another run is another process.</remarks>
public sealed class SqliteRecordStore : IRecordStore, IAsyncDisposable
{
    private const int MaxWaiting = 10_000;
    private const int MaxGroup = 500;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly SqlitePartitions _partitions;
    private readonly Channel<Operation> _waiting = Channel.CreateBounded<Operation>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Task _worker;

    private SqliteRecordStore(string path, TimeProvider time, SqlitePartitions partitions)
    {
        (_path, _time, _partitions) = (path, time, partitions);
        _worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public string RunId { get; } = Guid.NewGuid().ToString("N");

    /// <exception cref="StoreFileException">Not a store, damaged, of a newer format or another cluster, or in use.</exception>
    /// <param name="maxPages">The file may not grow beyond; null: as large as the disk lets it.</param>
    public static SqliteRecordStore Open(string path, string cluster, TimeProvider time, int? maxPages = null) =>
        new(path, time, new SqlitePartitions(SqliteFile.Open(path, cluster, maxPages)));

    public Task<StoredPartition> Load(string partition, CancellationToken cancellation = default) =>
        Enqueue(() => _partitions.Load(partition) with { Time = _time.GetUtcNow(), RunId = RunId }, cancellation);

    public Task<CommitResult> Commit(StoreCommit commit, CancellationToken cancellation = default) =>
        commit.RunId == RunId
            ? Enqueue(() => _partitions.Commit(commit, _time.GetUtcNow()), cancellation)
            : Task.FromResult<CommitResult>(new CommitResult.OtherRun(RunId));

    public Task<ImmutableArray<string>> List(CancellationToken cancellation = default) => Enqueue(_partitions.List, cancellation);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _worker.ConfigureAwait(false);
        _partitions.Dispose();
    }

    private async Task<T> Enqueue<T>(Func<T> run, CancellationToken cancellation)
    {
        var operation = new Operation<T>(run);
        if (!_waiting.Writer.TryWrite(operation))
            throw new StoreUnavailableException($"{MaxWaiting} operations wait for {_path} already, or it is being closed; try again");
        return await operation.Result.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private void Work()
    {
        var group = new List<Operation>();
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MaxGroup && _waiting.Reader.TryRead(out var operation))
                group.Add(operation);
            RunGroup(group);
            group.Clear();
        }
    }

    private void RunGroup(List<Operation> group)
    {
        try
        {
            _partitions.InTransaction(() => group.ForEach(operation => operation.Run()));
        }
        catch (SqliteException error)
        {
            // Disk full, I/O error: the transaction is taken back as a whole, so all of the group has not happened.
            var refusal = new StoreUnavailableException($"the record store {_path} refused, nothing was written: {error.Message}", error);
            group.ForEach(operation => operation.Fail(refusal));
            return;
        }
        group.ForEach(operation => operation.Answer());
    }

    private abstract class Operation
    {
        public abstract void Run();

        public abstract void Answer();

        public abstract void Fail(Exception error);
    }

    private sealed class Operation<T>(Func<T> run) : Operation
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;

        public Task<T> Result => _result.Task;

        public override void Run() => _value = run();

        public override void Answer() => _result.TrySetResult(_value!);

        public override void Fail(Exception error) => _result.TrySetException(error);
    }
}
