using System.Collections.Concurrent;
using Overlay.Contracts.Client;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Security;
using Overlay.Testing.Redis;
using StackExchange.Redis;
using Xunit;

namespace Overlay.Cluster.Tests.Processes;

/// <summary>overlayd and its record store, as processes.</summary>
public sealed class StoreTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("overlayd-store-").FullName;
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("processes", TimeSpan.FromHours(1), TimeProvider.System);
    private Overlayd? _host;

    public Task InitializeAsync()
    {
        _authority.IssueHost(Certificates("h1"), "h1");
        _authority.IssueHost(Certificates("redis"), "redis");
        _authority.IssueClient(Certificates("client"), "test", CertificateRole.Operator);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Embedded_KilledWhileItCommits_HasAllThatItAcknowledged()
    {
        var host = await Started("--store", "embedded");
        var acknowledged = new ConcurrentBag<string>();
        await using (var client = await OverlayClient.ConnectAsync(Context(host), TimeSpan.FromSeconds(10)))
        {
            // Those without an answer are left behind: nothing is known of them.
            _ = Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; host.IsRunning; i++)
                {
                    var name = $"n{worker}-{i}";
                    await Catalog(client).CreateNetwork(Guid.CreateVersion7(), new CreateNetwork { Name = name, Driver = "overlay" });
                    acknowledged.Add(name);
                }
            })));
            await Until.True(() => acknowledged.Count > 20, "networks are made");
            await host.Kill();
        }

        host.Start();
        await host.UntilReady();
        await using var again = await OverlayClient.ConnectAsync(Context(host), TimeSpan.FromSeconds(10));
        var networks = await Until.Succeeds(() => Catalog(again).ListNetworks(), "the networks");
        Assert.Empty(acknowledged.Except(networks.Select(n => n.Name)));
        Assert.Equal(networks.Length, networks.Select(n => n.Name).Distinct().Count());
    }

    [Fact]
    public async Task Embedded_FileThatIsNoStore_IsSaidInOneLine_AndEnds()
    {
        var host = Host("--store", "embedded");
        Directory.CreateDirectory(Path.GetDirectoryName(host.StoreFile)!);
        await File.WriteAllTextAsync(host.StoreFile, "this was never a database, and it is long enough to say so");
        host.Start();
        Assert.Equal(1, await host.ExitStatus());
        Assert.Contains($"overlayd: cannot run: {host.StoreFile} is damaged", host.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RedisOverTls_OfThisCluster_IsUsed_AndPlainOneIsNot()
    {
        await using var redis = await RedisServer.StartAsync(Certificates("redis"));
        var host = await Started("--redis", $"127.0.0.1:{redis.TlsPort}", "--redis-tls", "true");
        await using var client = await OverlayClient.ConnectAsync(Context(host), TimeSpan.FromSeconds(10));
        Assert.Equal("processes", (await Catalog(client).GetCluster()).Name);
        await host.DisposeAsync();

        using var rogue = CertificateAuthority.Create("processes", TimeSpan.FromHours(1), TimeProvider.System);
        rogue.IssueHost(Certificates("rogue"), "redis");
        await using var other = await RedisServer.StartAsync(Certificates("rogue"));
        var refusing = Host("--redis", $"127.0.0.1:{other.TlsPort}", "--redis-tls", "true");
        refusing.Start();
        await Until.True(() => refusing.Log.Contains("shows no certificate of this cluster", StringComparison.Ordinal), "a line about the certificate");
    }

    [Fact]
    public async Task RedisThatMayForget_IsWarnedOfOnce_AlsoAfterAReconnect()
    {
        await using var redis = await RedisServer.StartAsync();
        var host = await Started("--redis", redis.EndPoint);
        Assert.DoesNotContain("appendfsync", host.Log, StringComparison.Ordinal);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.EndPoint},allowAdmin=true");
        await admin.GetDatabase().ExecuteAsync("CONFIG", "SET", "appendfsync", "everysec");
        await admin.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        const string Warning = "has appendfsync everysec: what was acknowledged in the last second may be lost";
        await Until.True(() => host.Log.Contains(Warning, StringComparison.Ordinal), "a warning");
        await admin.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await host.UntilReady();
        Assert.Single(host.Log.Split('\n'), line => line.Contains(Warning, StringComparison.Ordinal));
    }

    private Overlayd Host(params string[] store) => _host = new Overlayd("h1", _directory, Certificates("h1"), store);

    private async Task<Overlayd> Started(params string[] store)
    {
        var host = Host(store);
        host.Start();
        await host.UntilReady();
        return host;
    }

    private OverlayContext Context(Overlayd host) =>
        new("test", "processes", [host.Gateway], Certificates("client"), new Dictionary<string, ContextHost>());

    private static INetworkCatalogGrain Catalog(OverlayClient client) => client.Grains.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    private string Certificates(string name) => Path.Combine(_directory, "certificates", name);
}
