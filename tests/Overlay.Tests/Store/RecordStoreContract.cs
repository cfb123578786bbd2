using System.Text;
using Overlay.Contracts.Grains;
using Overlay.Grains.Store;
using Xunit;

namespace Overlay.Tests.Store;

/// <summary>What every record store must do; run on each back end.</summary>
public abstract class RecordStoreContract
{
    protected abstract IRecordStore Store { get; }

    [Fact]
    public async Task Load_OfNothing_IsRevisionZero()
    {
        var stored = await Store.Load("network/none");
        Assert.Equal((0UL, 0UL), (stored.Revision, stored.Hash));
        Assert.Empty(stored.Fields);
        Assert.NotEmpty(stored.RunId);
    }

    [Fact]
    public async Task Commit_PutsAndDeletes_AreThereWithRevisionAndHash()
    {
        var first = Done(await Write("p1", default, 0xfedcba9876543210, Put("a", "1"), Put("b", "2")));
        Assert.Equal(new FeedCursor(1, 0xfedcba9876543210), first.Cursor);
        Done(await Write("p1", first.Cursor, 7, Put("a", "3"), new FieldChange("b", null), Put("c", "")));
        var stored = await Store.Load("p1");
        Assert.Equal(new FeedCursor(2, 7), stored.Cursor);
        Assert.Equal(["a=3", "c="], stored.Fields.Select(f => $"{f.Key}={Encoding.UTF8.GetString(f.Value)}").Order());
        Assert.Equal(0UL, (await Store.Load("p")).Revision);
    }

    [Fact]
    public async Task Commit_OnAnotherRevisionOrHistory_IsAConflict_AndChangesNothing()
    {
        var first = Done(await Write("p2", default, 5, Put("a", "1")));
        foreach (var wrong in new FeedCursor[] { default, new(1, 6), new(2, 5), new(0, 5) })
        {
            var conflict = Assert.IsType<CommitResult.Conflict>(await Write("p2", wrong, 9, Put("a", "wrong")));
            Assert.Equal(first.Cursor, conflict.Actual);
        }
        Assert.Equal("1", Encoding.UTF8.GetString((await Store.Load("p2")).Fields["a"]));
    }

    [Fact]
    public async Task Commit_NamingAnotherRun_IsRefused_BeforeAnythingElse()
    {
        var other = await Store.Commit(new StoreCommit("p3", default, "0000", 1, [Put("a", "1")]));
        Assert.Equal((await Store.Load("p3")).RunId, Assert.IsType<CommitResult.OtherRun>(other).RunId);
        Assert.Equal(0UL, (await Store.Load("p3")).Revision);
    }

    [Fact]
    public async Task Commit_ThatEndsThePartition_LeavesNothing_AndPausedCommitsConflict()
    {
        var first = Done(await Write("p4", default, 5, Put("a", "1")));
        Done(await Store.Commit(new StoreCommit("p4", first.Cursor, await RunId(), 6, [], EndsPartition: true)));
        Assert.Equal(0UL, (await Store.Load("p4")).Revision);
        Assert.IsType<CommitResult.Conflict>(await Write("p4", first.Cursor, 8, Put("a", "late")));
    }

    [Fact]
    public async Task Commit_OfThousandsOfFields_IsOneCommit()
    {
        var puts = Enumerable.Range(0, 5_000).Select(i => Put($"f{i}", $"{i}")).ToArray();
        var first = Done(await Write("p5", default, 5, puts));
        Assert.Equal(5_000, (await Store.Load("p5")).Fields.Count);
        Done(await Write("p5", first.Cursor, 6, [.. puts.Skip(1).Select(p => new FieldChange(p.Field, null))]));
        Assert.Equal("f0", Assert.Single((await Store.Load("p5")).Fields).Key);
    }

    [Fact]
    public async Task Commit_RacedByMany_IsWonByOne()
    {
        var results = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Write("p6", default, (ulong)i, Put("a", $"{i}"))));
        var won = (CommitResult.Committed)Assert.Single(results, r => r is CommitResult.Committed);
        Assert.Equal(won.Cursor, (await Store.Load("p6")).Cursor);
    }

    [Fact]
    public async Task List_NamesWhatExists()
    {
        Done(await Write("list/b", default, 1, Put("a", "1")));
        var a = Done(await Write("list/a", default, 1, Put("a", "1")));
        Assert.Equal(["list/a", "list/b"], (await Store.List()).ToArray());
        Done(await Store.Commit(new StoreCommit("list/a", a.Cursor, await RunId(), 6, [], EndsPartition: true)));
        Assert.Equal(["list/b"], (await Store.List()).ToArray());
    }

    [Fact]
    public async Task Commit_OfAHigherRevision_LiftsThePartition()
    {
        var first = Done(await Write("p7", default, 1, Put("a", "1")));
        Done(await Store.Commit(new StoreCommit("p7", first.Cursor, await RunId(), 2, []) { Revision = 40 }));
        Assert.Equal(new FeedCursor(40, 2), (await Store.Load("p7")).Cursor);
    }

    private static FieldChange Put(string field, string value) => new(field, Encoding.UTF8.GetBytes(value));

    private static CommitResult.Committed Done(CommitResult result) => Assert.IsType<CommitResult.Committed>(result);

    private async Task<CommitResult> Write(string partition, FeedCursor expected, ulong hash, params FieldChange[] changes) =>
        await Store.Commit(new StoreCommit(partition, expected, await RunId(), hash, [.. changes]));

    private async Task<string> RunId() => (await Store.Load("any")).RunId;
}
