using System.Collections.Concurrent;
using Overlay.Grains.Store;
using Overlay.Testing.Redis;
using Overlay.Tests.Store;
using StackExchange.Redis;
using Xunit;

namespace Overlay.Cluster.Tests;

public sealed class RedisRecordStoreTests : RecordStoreContract, IAsyncLifetime
{
    private readonly string _cluster = $"test-{Guid.NewGuid():N}";
    private RedisServer? _server;
    private ConnectionMultiplexer? _connection;
    private RedisRecordStore? _store;

    protected override IRecordStore Store => _store!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        var options = ConfigurationOptions.Parse(_server.EndPoint);
        options.AllowAdmin = true;
        options.ReconnectRetryPolicy = new LinearRetry(100);
        _connection = await ConnectionMultiplexer.ConnectAsync(options);
        _store = new RedisRecordStore(_connection, new RedisRecordStoreOptions { Cluster = _cluster, Deadline = TimeSpan.FromSeconds(2) });
    }

    public async Task DisposeAsync()
    {
        await _connection!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task Server_KilledAndStarted_HasAllThatItAcknowledged_UnderANewRunId()
    {
        var before = await Store.Load("p");
        var done = (CommitResult.Committed)await Store.Commit(new StoreCommit("p", default, before.RunId, 77, [new("a", [1])]));
        await _server!.Stop();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.Load("p"));
        await _server.Start();
        var after = await Until.Succeeds(() => Store.Load("p"), "the store is back");
        Assert.Equal(done.Cursor, after.Cursor);
        Assert.NotEqual(before.RunId, after.RunId);
        Assert.IsType<CommitResult.OtherRun>(await Store.Commit(new StoreCommit("p", done.Cursor, before.RunId, 78, [new("a", [2])])));
    }

    [Fact]
    public async Task Server_StoppedAndStartedUnderLoad_HasEveryAcknowledgedCommit()
    {
        var acknowledged = new ConcurrentDictionary<string, ulong>();
        using var enough = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(i => Task.Run(() => Write($"w{i}", acknowledged, enough.Token))).ToList();
        for (var round = 0; round < 3; round++)
        {
            var before = acknowledged.Values.Aggregate(0UL, (sum, r) => sum + r);
            await Until.True(() => acknowledged.Count == 8 && acknowledged.Values.Aggregate(0UL, (sum, r) => sum + r) > before + 50, "commits are acknowledged");
            await _server!.Stop();
            await _server.Start();
        }
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        foreach (var (partition, revision) in acknowledged)
        {
            var stored = await Until.Succeeds(() => Store.Load(partition), partition);
            // The last one may have been done without an answer.
            Assert.InRange(stored.Revision, revision, revision + 1);
            Assert.Equal(stored.Revision, BitConverter.ToUInt64(stored.Fields["count"]));
        }
    }

    // As an activation does: after no answer it looks first.
    private async Task Write(string partition, ConcurrentDictionary<string, ulong> acknowledged, CancellationToken enough)
    {
        StoredPartition? at = null;
        while (!enough.IsCancellationRequested)
        {
            try
            {
                at ??= await Store.Load(partition, CancellationToken.None);
                var next = at.Revision + 1;
                var result = await Store.Commit(new StoreCommit(partition, at.Cursor, at.RunId, next, [new("count", BitConverter.GetBytes(next))]), CancellationToken.None);
                if (result is CommitResult.Committed done)
                {
                    acknowledged[partition] = done.Cursor.Revision;
                    at = at with { Revision = done.Cursor.Revision, Hash = done.Cursor.Hash };
                }
                else
                {
                    at = null;
                }
            }
            catch (StoreUnavailableException)
            {
                at = null;
            }
        }
    }

    [Fact]
    public async Task Scripts_FlushedOnTheServer_AreSentAgain()
    {
        await Store.Load("p");
        await _connection!.GetDatabase().ExecuteAsync("SCRIPT", "FLUSH");
        var stored = await Store.Load("p");
        Assert.IsType<CommitResult.Committed>(await Store.Commit(new StoreCommit("p", default, stored.RunId, 1, [new("a", [1])])));
    }

    [Fact]
    public async Task Server_OutOfMemory_RefusesTheCommit_AndKeepsWhatItHas()
    {
        var run = (await Store.Load("p")).RunId;
        var done = (CommitResult.Committed)await Store.Commit(new StoreCommit("p", default, run, 1, [new("a", [1])]));
        await _connection!.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.Commit(new StoreCommit("p", done.Cursor, run, 2, [new("b", [1])])));
        await _connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        Assert.Equal(done.Cursor, (await Store.Load("p")).Cursor);
    }
}
