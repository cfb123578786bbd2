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
