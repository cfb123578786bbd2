using Microsoft.Data.Sqlite;
using Overlay.Grains.Store;
using Xunit;

namespace Overlay.Tests.Store;

public sealed class SqliteRecordStoreTests : RecordStoreContract, IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-store-").FullName;
    private SqliteRecordStore? _store;

    protected override IRecordStore Store => _store!;

    private string Path => System.IO.Path.Combine(_directory, "store.db");

    public Task InitializeAsync()
    {
        _store = Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _store!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Reopened_HasAllThatItAcknowledged_UnderANewRunId()
    {
        var before = await Store.Load("p");
        var done = await Commit("p", 1);
        await _store!.DisposeAsync();
        _store = Open();
        var after = await Store.Load("p");
        Assert.Equal(done.Cursor, after.Cursor);
        Assert.NotEqual(before.RunId, after.RunId);
    }

    [Fact]
    public void Opened_WhileInUse_IsRefused() => Refused("in use by another process");

    [Fact]
    public async Task Opened_ForAnotherCluster_IsRefused()
    {
        await _store!.DisposeAsync();
        Assert.Contains("--cluster test", Assert.Throws<StoreFileException>(() => SqliteRecordStore.Open(Path, "other", TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opened_OfANewerFormat_IsRefused()
    {
        await Change("PRAGMA user_version = 9");
        Refused("format 9");
    }

    [Fact]
    public async Task Opened_OfAnotherProgram_IsRefused()
    {
        await Change("PRAGMA application_id = 7");
        Refused("another program");
    }

    [Fact]
    public async Task Opened_Damaged_IsRefused()
    {
        for (ulong i = 1; i < 200; i++)
            await Commit($"p{i}", 1);
        await _store!.DisposeAsync();
        await using (var file = File.OpenWrite(Path))
        {
            file.Position = 4096;
            await file.WriteAsync(new byte[8192].AsMemory());
        }
        Refused("damaged");
        await File.WriteAllTextAsync(Path, "this was never a database, and it is long enough to say so");
        Refused("damaged");
    }

    [Fact]
    public async Task DiskFull_TheCommitIsRefused_NothingOfItIsThere_AndLaterOnesWork()
    {
        var done = await Commit("p", 1);
        await _store!.DisposeAsync();
        // As a full disk: SQLite may not take another page.
        _store = SqliteRecordStore.Open(Path, "test", TimeProvider.System, maxPages: 1);
        var run = (await Store.Load("p")).RunId;
        await Assert.ThrowsAsync<StoreUnavailableException>(() =>
            Store.Commit(new StoreCommit("p", done.Cursor, run, 2, [new("small", [1]), new("large", new byte[1 << 20])])));
        var stored = await Store.Load("p");
        Assert.Equal(done.Cursor, stored.Cursor);
        Assert.Single(stored.Fields);
        await _store.DisposeAsync();
        _store = Open();
        run = (await Store.Load("p")).RunId;
        Assert.IsType<CommitResult.Committed>(await Store.Commit(new StoreCommit("p", done.Cursor, run, 2, [new("large", new byte[1 << 20])])));
    }

    [Fact]
    public async Task Waiting_CommitsShareTransactions()
    {
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Commit($"many{i}", 1)));
        Assert.Equal(400, (await Store.List()).Length);
    }

    private SqliteRecordStore Open() => SqliteRecordStore.Open(Path, "test", TimeProvider.System);

    private void Refused(string why) => Assert.Contains(why, Assert.Throws<StoreFileException>(Open).Message, StringComparison.Ordinal);

    private async Task Change(string pragma)
    {
        await _store!.DisposeAsync();
        await using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = pragma;
        await command.ExecuteNonQueryAsync();
    }

    private async Task<CommitResult.Committed> Commit(string partition, ulong hash) => Assert.IsType<CommitResult.Committed>(
        await Store.Commit(new StoreCommit(partition, default, (await Store.Load(partition)).RunId, hash, [new("a", [1])])));
}
