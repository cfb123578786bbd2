using System.Collections.Immutable;
using System.Globalization;
using Overlay.Contracts.Grains;
using StackExchange.Redis;

namespace Overlay.Grains.Store;

/// <summary>
/// Partitions as Redis hashes, one Lua script per operation. Redis must run with appendfsync always and noeviction:
/// what it acknowledged is then on disk.
/// </summary>
public sealed class RedisRecordStore(IConnectionMultiplexer redis, RedisRecordStoreOptions options) : IRecordStore
{
    private const string RevisionField = "#revision";
    private const string HashField = "#hash";

    public async Task<StoredPartition> Load(string partition, CancellationToken cancellation = default)
    {
        var reply = (RedisResult[])(await Run(RedisScripts.Load, partition, default, cancellation).ConfigureAwait(false))!;
        var fields = ImmutableDictionary.CreateBuilder<string, byte[]>();
        ulong revision = 0, hash = 0;
        var flat = (RedisValue[])reply[3]!;
        for (var i = 0; i + 1 < flat.Length; i += 2)
        {
            switch ((string)flat[i]!)
            {
                case RevisionField: revision = Number(flat[i + 1]); break;
                case HashField: hash = Number(flat[i + 1]); break;
                case var field: fields[field] = (byte[])flat[i + 1]!; break;
            }
        }
        return new StoredPartition(revision, hash, fields.ToImmutable(), Time(reply[1], reply[2]), (string)reply[0]!);
    }

    public async Task<CommitResult> Commit(StoreCommit commit, CancellationToken cancellation = default)
    {
        var next = commit.Next;
        var reply = (RedisResult[])(await Run(RedisScripts.Commit, commit.Partition, Arguments(commit, next), cancellation).ConfigureAwait(false))!;
        return (string)reply[0]! switch
        {
            "ok" => new CommitResult.Committed(next, Time(reply[1], reply[2])),
            "conflict" => new CommitResult.Conflict(new(Number((RedisValue)reply[3]), Number((RedisValue)reply[4]))),
            "run" => new CommitResult.OtherRun((string)reply[3]!),
            var other => throw new InvalidDataException($"the commit script answered '{other}'"),
        };
    }

    public Task<ImmutableArray<string>> List(CancellationToken cancellation = default) => InTime(async () =>
    {
        var (start, end) = ($"{{{options.Cluster}/", "}");
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            await foreach (var key in server.KeysAsync(pattern: start + "*" + end, pageSize: 1000).ConfigureAwait(false))
                names.Add(key.ToString()[start.Length..^end.Length]);
        }
        return names.ToImmutableArray();
    }, cancellation);

    private Task<RedisResult> Run(RedisScript script, string partition, ReadOnlyMemory<RedisValue> arguments, CancellationToken cancellation) =>
        InTime(() => script.Evaluate(redis.GetDatabase(), $"{{{options.Cluster}/{partition}}}", arguments), cancellation);

    private async Task<T> InTime<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call().WaitAsync(options.Deadline, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RedisConnectionException or RedisTimeoutException or TimeoutException or ObjectDisposedException)
        {
            throw new StoreUnavailableException(
                $"the record store did not answer within {options.Deadline.TotalSeconds:0.#} s, so it is not known whether this was done; check that Redis runs, then look and try again", error);
        }
        catch (RedisServerException error)
        {
            // OOM at maxmemory, MISCONF when the disk is full, LOADING after a start: nothing was written.
            throw new StoreUnavailableException($"the record store refused: {error.Message}", error);
        }
    }

    private static RedisValue[] Arguments(StoreCommit commit, FeedCursor next)
    {
        var puts = commit.Changes.Where(c => c.Value is not null).ToList();
        var arguments = new List<RedisValue>(7 + 2 * commit.Changes.Length)
        {
            commit.RunId,
            Text(commit.Expected.Revision), Text(commit.Expected.Hash),
            Text(next.Revision), Text(next.Hash),
            commit.EndsPartition ? 1 : 0,
            puts.Count,
        };
        foreach (var put in puts)
        {
            arguments.Add(put.Field);
            arguments.Add(put.Value);
        }
        foreach (var change in commit.Changes)
        {
            if (change.Value is null)
                arguments.Add(change.Field);
        }
        return [.. arguments];
    }

    // As text: Redis and Lua count in signed or floating numbers.
    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static ulong Number(RedisValue value) => ulong.Parse((string)value!, CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(RedisResult seconds, RedisResult microseconds) =>
        DateTimeOffset.FromUnixTimeSeconds((long)seconds).AddTicks((long)microseconds * TimeSpan.TicksPerMicrosecond);
}
