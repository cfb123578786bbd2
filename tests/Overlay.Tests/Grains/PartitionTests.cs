using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Grains.Commands;
using Overlay.Grains.Store;
using Overlay.Testing;
using Overlay.Testing.Store;
using Xunit;
using State = System.Collections.Immutable.ImmutableDictionary<string, byte[]>;

namespace Overlay.Tests.Grains;

public sealed class PartitionTests
{
    private const string Name = "test/1";

    private readonly ManualTime _time = new();
    private readonly InMemoryRecordStore _store;
    private int _lost;

    public PartitionTests() => _store = new InMemoryRecordStore(_time);

    [Fact]
    public async Task Execute_ManyAtOnce_AreOneCommit_AndOneRefusalIsItsOwn()
    {
        var partition = await Open();
        Task<int> first, refused;
        List<Task<int>> rest;
        using (_store.Hold())
        {
            first = Put(partition, "first");
            // Once the first is on its way, the others wait and become one batch.
            await Task.Yield();
            rest = [.. Enumerable.Range(0, 50).Select(i => Put(partition, $"k{i}"))];
            refused = Refuse(partition);
            Assert.Empty(partition.State);
        }
        await first;
        await Task.WhenAll(rest);
        await Assert.ThrowsAsync<RefusalException>(() => refused);
        Assert.Equal(51, partition.State.Count);
        Assert.InRange(_store.Commits, 1, 2);
        Assert.Equal(51, (await _store.Load(Name)).Fields.Count);
    }

    [Fact]
    public async Task Execute_StoreRefuses_ReadersAndStoreHaveNothingOfIt_AndTheNextOneWorks()
    {
        var partition = await Open();
        await Put(partition, "a");
        _store.FailNext(InMemoryRecordStore.Fault.Refuse);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(partition, "b"));
        Assert.Equal(["a"], partition.State.Keys);
        await Put(partition, "c");
        Assert.Equal(["a", "c"], partition.State.Keys.Order());
        Assert.Equal(0, _lost);
    }

    [Theory]
    [InlineData(InMemoryRecordStore.Fault.LoseAnswer)]
    [InlineData(InMemoryRecordStore.Fault.LoseRequest)]
    public async Task ExecuteOnce_AnswerLost_ARetryHasOneEffect(InMemoryRecordStore.Fault fault)
    {
        var partition = await Open();
        var request = Guid.CreateVersion7(_time.GetUtcNow());
        _store.FailNext(fault);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Count(partition, request));
        var reply = await Count(partition, request);
        Assert.Equal(1UL, reply.Revision);
        Assert.Equal(1UL, (await Count(partition, request)).Revision);
        Assert.Equal(1, partition.State["count"][0]);
        Assert.Equal(1, _store.Commits);
        // Another activation sees the same.
        Assert.Equal(1UL, (await Count(await Open(), request)).Revision);
    }

    [Fact]
    public async Task Execute_AnotherActivationWrote_IsLost_AndNothingOfItHappens()
    {
        var (one, two) = (await Open(), await Open());
        await Put(one, "a");
        await Assert.ThrowsAsync<PartitionLostException>(() => Put(two, "b"));
        await Assert.ThrowsAsync<PartitionLostException>(() => Put(two, "c"));
        Assert.Equal(1, _lost);
        Assert.Equal(["a"], (await _store.Load(Name)).Fields.Keys);
    }

    [Fact]
    public async Task Execute_StoreRestartedWithTheSameData_GoesOn()
    {
        var partition = await Open();
        await Put(partition, "a");
        _store.Restart();
        await Put(partition, "b");
        Assert.Equal(2, partition.State.Count);
        Assert.Equal(0, _lost);
    }

    [Fact]
    public async Task Execute_StoreCameBackOlder_IsLost_EvenWhenItWentOnToTheSameRevision()
    {
        var partition = await Open();
        await Put(partition, "a");
        var older = _store.Copy();
        await Put(partition, "b");
        _store.Restore(older);
        // Another goes on from the old copy, to the revision that the first one knows.
        await Put(await Open(), "other");
        await Assert.ThrowsAsync<PartitionLostException>(() => Put(partition, "c"));
        Assert.Equal(["a", "other"], (await _store.Load(Name)).Fields.Keys.Order());
    }

    [Fact]
    public async Task ExecuteOnce_AnotherCallOrAnOldId_IsRefused()
    {
        var partition = await Open();
        var request = Guid.CreateVersion7(_time.GetUtcNow());
        await Count(partition, request);
        var refused = await Assert.ThrowsAsync<RefusalException>(() => Count(partition, request, "other"));
        Assert.Equal(ErrorCodes.InvalidArgument, refused.Code);
        _time.Advance(TimeSpan.FromMinutes(11));
        refused = await Assert.ThrowsAsync<RefusalException>(() => Count(partition, request));
        Assert.Equal(ErrorCodes.Expired, refused.Code);
    }

    [Fact]
    public async Task Replies_AfterTheirTime_AreDeletedBesideOtherCommits()
    {
        var partition = await Open();
        for (var i = 0; i < 10; i++)
            await Count(partition, Guid.CreateVersion7(_time.GetUtcNow()));
        Assert.Equal(11, (await _store.Load(Name)).Fields.Count);
        _time.Advance(TimeSpan.FromMinutes(21));
        await Put(partition, "a");
        Assert.Equal(["a", "count"], (await _store.Load(Name)).Fields.Keys.Order());
    }

    [Fact]
    public async Task Replies_AreBounded_ARequestTooManyIsRefused_UntilTheFirstAreForgotten()
    {
        var partition = await Open(mostReplies: 3);
        var first = Guid.CreateVersion7(_time.GetUtcNow());
        await Count(partition, first);
        await Count(partition, Guid.CreateVersion7(_time.GetUtcNow()));
        _time.Advance(TimeSpan.FromMinutes(6));
        var all = Enumerable.Range(0, 3).Select(_ => Count(partition, Guid.CreateVersion7(_time.GetUtcNow()))).ToList();
        await all[0];
        foreach (var tooMany in all[1..])
            Assert.Equal(ErrorCodes.Busy, (await Assert.ThrowsAsync<RefusalException>(() => tooMany)).Code);
        Assert.Equal(1UL, (await Count(partition, first)).Revision);
        Assert.Equal(3, partition.State["count"][0]);

        _time.Advance(TimeSpan.FromMinutes(5));
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Count(partition, Guid.CreateVersion7(_time.GetUtcNow()))));
        Assert.Equal(1 + 3, (await _store.Load(Name)).Fields.Count);
    }

    [Fact]
    public async Task ExecuteAndForget_LetsTheSameRequestStartAnew()
    {
        var partition = await Open();
        var request = Guid.CreateVersion7(_time.GetUtcNow());
        await Count(partition, request);
        await partition.ExecuteAndForget(request, (s, _) => new Decision<State, int>(s.Remove("count"), 0, [Decision.Delete("count")]));
        Assert.Equal(3UL, (await Count(partition, request)).Revision);
        Assert.Equal(1, partition.State["count"][0]);
    }

    [Fact]
    public async Task End_LeavesNothing_AndLaterCommandsOfTheSameBatchStartFromNothing()
    {
        var partition = await Open();
        await Put(partition, "a");
        await Task.WhenAll(
            Put(partition, "b"),
            partition.Execute((_, _) => new Decision<State, int>(State.Empty, 0, [], EndsPartition: true)),
            Put(partition, "c"));
        Assert.Equal(["c"], partition.State.Keys);
        var stored = await _store.Load(Name);
        Assert.Equal((1UL, "c"), (stored.Revision, Assert.Single(stored.Fields).Key));
    }

    [Fact]
    public async Task Pull_GivesADelta_ASnapshotToStrangers_AndNoReplies()
    {
        var partition = await Open();
        Assert.True(partition.Pull(new FeedCursor(9, 9)).Gone);
        await Put(partition, "a");
        await Put(partition, "b");
        var all = partition.Pull(default);
        Assert.Equal(["a", "b"], all.Changes.Select(c => c.Field).Order());
        await Count(partition, Guid.CreateVersion7(_time.GetUtcNow()));
        await partition.Execute((s, _) => new Decision<State, int>(s.Remove("a"), 0, [Decision.Delete("a")]));
        var delta = partition.Pull(all.Cursor);
        Assert.False(delta.IsSnapshot);
        Assert.Equal(["a gone", "count"], delta.Changes.Select(c => c.Value is null ? $"{c.Field} gone" : c.Field).Order());
        Assert.Empty(partition.Pull(delta.Cursor).Changes);
        var stranger = partition.Pull(delta.Cursor with { Hash = 1 });
        Assert.True(stranger.IsSnapshot);
        Assert.Equal(["b", "count"], stranger.Changes.Select(c => c.Field).Order());
    }

    [Fact]
    public async Task Pull_FromTooLongAgo_IsASnapshot()
    {
        var partition = await Open();
        await Put(partition, "a");
        var cursor = partition.Cursor;
        // More than the ring remembers, in one commit.
        await partition.Execute((s, _) => new Decision<State, int>(s, 0, [.. Enumerable.Range(0, 5_000).Select(i => new FieldChange($"f{i}", [1]))]));
        var page = partition.Pull(cursor);
        Assert.True(page.IsSnapshot);
        Assert.Equal(5_001, page.Changes.Length);
    }

    private Task<Partition<State>> Open(int mostReplies = 100) => Partition<State>.Open(
        new PartitionServices(_store, new SeededRandom(1 + _store.Loads), _time, NullLogger.Instance),
        new PartitionDefinition<State>(Name, f => f.Where(p => !p.Key.StartsWith(Fields.RequestPrefix, StringComparison.Ordinal)).ToImmutableDictionary(), IsFed: true)
        {
            MostReplies = mostReplies,
            Lost = () => _lost++,
        });

    private static Task<int> Put(Partition<State> partition, string field) =>
        partition.Execute((s, _) => new Decision<State, int>(s.SetItem(field, [1]), 0, [new FieldChange(field, [1])]));

    private static Task<int> Refuse(Partition<State> partition) =>
        partition.Execute<int>((_, _) => throw new RefusalException(ErrorCodes.InvalidArgument, "no"));

    private static Task<RevisionReply> Count(Partition<State> partition, Guid request, string call = "count") =>
        partition.ExecuteOnce(request, call, RecordJson.Default.RevisionReply, (s, m) =>
        {
            byte[] value = [(byte)(s.GetValueOrDefault("count", [0])[0] + 1)];
            return new Decision<State, RevisionReply>(s.SetItem("count", value), new RevisionReply { Revision = m.Revision }, [new FieldChange("count", value)]);
        });
}
