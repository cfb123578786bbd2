using System.Collections.Immutable;
using System.Text;
using Overlay.Contracts.Grains;
using Xunit;

namespace Overlay.Tests.Cli;

public sealed class StateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-state-").FullName;
    private readonly FakeState _state = new();

    private string Backup => Path.Combine(_directory, "backup.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Export_ThenImport_BringsEveryPartitionBack_AsItWas()
    {
        _state.Put("catalog", 7, ("cluster", "\u0001{\"name\":\"test\"}"));
        _state.Put("network/1", ulong.MaxValue, ("spec", "\u0001{}"), ("endpoint/2", "\u0001{\"sandboxName\":\"wäb\"}"));
        _state.Put("state", 3, ("run", "\u0001{}"));
        Assert.Equal(0, (await Run("state", "export", "-o", Backup)).Status);
        Assert.Equal(3, (await File.ReadAllLinesAsync(Backup)).Length);

        var before = _state.Partitions;
        _state.Partitions = [];
        Assert.Equal(0, (await Run("state", "import", Backup)).Status);
        Assert.Equal(["catalog", "network/1"], _state.Partitions.Keys);
        foreach (var (name, copy) in _state.Partitions)
        {
            Assert.Equal(before[name].Cursor, copy.Cursor);
            Assert.Equal(before[name].Fields.OrderBy(f => f.Key), copy.Fields.OrderBy(f => f.Key), (a, b) => a.Key == b.Key && a.Value.AsSpan().SequenceEqual(b.Value));
        }
    }

    [Fact]
    public async Task Import_OverANewerStore_IsRefused_BeforeAnythingIsWritten()
    {
        _state.Put("a", 1, ("f", "\u0001{}"));
        _state.Put("b", 1, ("f", "\u0001{}"));
        await Run("state", "export", "-o", Backup);
        _state.Partitions = [];
        _state.Put("b", 2, ("f", "\u0001{}"));
        var refused = await Run("state", "import", Backup);
        Assert.Equal(1, refused.Status);
        Assert.Contains("b is at revision 2, in the file at 1; nothing was changed", refused.Error, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(_state.Partitions).Key);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{\"format\":2,\"cluster\":\"test\",\"taken\":\"2026-01-01T00:00:00Z\"}", "has format 2")]
    [InlineData("{\"format\":1,\"cluster\":\"test\",\"taken\":\"2026-01-01T00:00:00Z\"}\n{\"partition\":\"a\",\"rev", "line 2")]
    [InlineData("hello", "line 1")]
    public async Task Import_OfWhatIsNoExport_IsRefused(string text, string why)
    {
        await File.WriteAllTextAsync(Backup, text);
        var refused = await Run("state", "import", Backup);
        Assert.Equal(1, refused.Status);
        Assert.Contains(why, refused.Error, StringComparison.Ordinal);
        Assert.Empty(_state.Partitions);
    }

    private async Task<(int Status, string Error)> Run(params string[] arguments)
    {
        using var cli = new CliRun();
        cli.Cluster.State = _state;
        return (await cli.Do(string.Join('|', arguments)), cli.Error);
    }

    private sealed class FakeState : IStateGrain
    {
        public SortedDictionary<string, PartitionCopy> Partitions { get; set; } = [];

        public void Put(string name, ulong revision, params (string Field, string Value)[] fields) => Partitions[name] = new PartitionCopy
        {
            Name = name,
            Cursor = new FeedCursor(revision, 0xfedcba9876543210),
            Fields = fields.ToImmutableDictionary(f => f.Field, f => Encoding.UTF8.GetBytes(f.Value)),
        };

        public Task Admit(string run) => Task.CompletedTask;

        public Task<RecoveryReport> Recover(ImmutableArray<string> without) => Task.FromResult(new RecoveryReport());

        public Task<RecoveryReport> Compare() => Task.FromResult(new RecoveryReport());

        public Task<ImmutableArray<string>> ListPartitions() => Task.FromResult<ImmutableArray<string>>([.. Partitions.Keys]);

        public Task<PartitionCopy> ReadPartition(string partition) => Task.FromResult(Partitions.GetValueOrDefault(partition)
            ?? new PartitionCopy { Name = partition, Cursor = default, Fields = ImmutableDictionary<string, byte[]>.Empty });

        public Task WritePartition(PartitionCopy copy, bool replaceNewer)
        {
            Partitions[copy.Name] = copy;
            return Task.CompletedTask;
        }
    }
}
