using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Hosting;
using Overlay.Grains.Store;
using Overlay.Testing;
using Overlay.Testing.Redis;
using StackExchange.Redis;

namespace Overlay.Benchmarks.Stores;

/// <summary>Durable writes per second on a Redis of its own with appendfsync always: bare commits, and address
/// allocations through a silo's subnet grain.</summary>
internal static class StoreBenchmark
{
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync(TextWriter output)
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.EndPoint);
        var store = new RedisRecordStore(connection, new RedisRecordStoreOptions { Cluster = "benchmark" });
        foreach (var fields in (int[])[10, 10_000])
            await Report(output, $"commits, 1 caller, {fields} fields", 1, await Committer(store, fields));
        using var silo = Silo(store);
        await silo.StartAsync();
        var grains = silo.Services.GetRequiredService<IGrainFactory>();
        foreach (var callers in (int[])[1, 100])
            await Report(output, $"allocations on one subnet, {callers} caller{(callers == 1 ? "" : "s")}", callers, await Allocator(grains, callers));
        await silo.StopAsync();
        return 0;
    }

    private static async Task<Func<int, int, Task>> Committer(RedisRecordStore store, int fields)
    {
        var random = new SeededRandom(1);
        var partition = $"bench/{fields}";
        var start = await store.Load(partition);
        ImmutableArray<FieldChange> filling = [.. Enumerable.Range(0, fields).Select(i => new FieldChange($"endpoint/{i:x32}", new byte[300]))];
        var cursor = ((CommitResult.Committed)await store.Commit(new StoreCommit(partition, default, start.RunId, 1, filling))).Cursor;
        return async (_, i) =>
        {
            var change = new FieldChange($"endpoint/{i % fields:x32}", new byte[300]);
            var result = await store.Commit(new StoreCommit(partition, cursor, start.RunId, ChainHash.Next(cursor.Hash, random), [change]));
            cursor = ((CommitResult.Committed)result).Cursor;
        };
    }

    private static async Task<Func<int, int, Task>> Allocator(IGrainFactory grains, int callers)
    {
        var id = new ObjectId((UInt128)callers);
        var subnet = grains.GetGrain<ISubnetGrain>(id.ToString());
        await subnet.Initialize(new SubnetRecord { Id = id, Prefix = Prefix.Parse($"fd00:{callers}::/64"), Gateway = Address.Parse($"fd00:{callers}::1") });
        return (caller, i) => subnet.Allocate($"endpoint:{caller:x8}{i:x24}", "benchmark", null, 0);
    }

    private static IHost Silo(RedisRecordStore store)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(RedisServer.FreePort(), RedisServer.FreePort())
            .AddOverlayGrains(new OverlayGrainsOptions { Cluster = "benchmark", Store = store }));
        return builder.Build();
    }

    private static async Task Report(TextWriter output, string what, int callers, Func<int, int, Task> call)
    {
        var clock = Stopwatch.StartNew();
        var times = new List<double>[callers];
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            times[caller] = [];
            for (var i = 0; clock.Elapsed < Warming + Measured; i++)
            {
                var started = clock.Elapsed;
                await call(caller, i);
                if (started > Warming)
                    times[caller].Add((clock.Elapsed - started).TotalMilliseconds);
            }
        })));
        double[] all = [.. times.SelectMany(t => t).Order()];
        output.WriteLine($"{what,-40} {all.Length / Measured.TotalSeconds,8:0} /s {all[all.Length / 2],8:0.00} ms median {all[all.Length * 99 / 100],8:0.00} ms p99");
    }
}
