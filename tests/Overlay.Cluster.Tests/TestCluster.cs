using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Grains.Hosting;
using Overlay.Testing.Redis;
using StackExchange.Redis;

namespace Overlay.Cluster.Tests;

/// <summary>Several hosts in this process over a real Redis; one per test, so that each breaks its own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly Func<OverlayGrainsOptions, OverlayGrainsOptions> _configure;
    private readonly string _name = $"test-{Guid.NewGuid():N}";
    private string _membership = $"test-{Guid.NewGuid():N}";

    private TestCluster(RedisServer redis, ConnectionMultiplexer connection, Func<OverlayGrainsOptions, OverlayGrainsOptions> configure) =>
        (Redis, Connection, _configure) = (redis, connection, configure);

    public RedisServer Redis { get; }

    public ConnectionMultiplexer Connection { get; }

    public List<TestSilo> Silos { get; } = [];

    public IGrainFactory Grains => Silos[0].Grains;

    public INetworkCatalogGrain Catalog => Grains.GetGrain<INetworkCatalogGrain>(INetworkCatalogGrain.Key);

    public static Guid NewRequest() => Guid.CreateVersion7();

    public static async Task<TestCluster> StartAsync(int hosts, Func<OverlayGrainsOptions, OverlayGrainsOptions>? configure = null)
    {
        var redis = await RedisServer.StartAsync();
        var options = ConfigurationOptions.Parse(redis.EndPoint);
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = 2000;
        options.ReconnectRetryPolicy = new LinearRetry(100);
        var cluster = new TestCluster(redis, await ConnectionMultiplexer.ConnectAsync(options), configure ?? (o => o));
        for (var i = 1; i <= hosts; i++)
            await cluster.AddSilo($"h{i}");
        return cluster;
    }

    /// <param name="apart">In a cluster of its own over the same store.</param>
    public async Task<TestSilo> AddSilo(string name, bool apart = false)
    {
        var silo = await TestSilo.StartAsync(name, _name, apart ? $"{_membership}-apart" : _membership, Connection, Redis, _configure);
        if (!apart)
        {
            Silos.Add(silo);
            await silo.Register(Silos.Count);
        }
        return silo;
    }

    /// <summary>All silos die, and others start with the same agents, which know what they knew; the store is changed between.</summary>
    public async Task Restart(Func<Task> between)
    {
        var agents = Silos.Select(s => s.Agent).ToList();
        foreach (var silo in Silos)
            await silo.Kill();
        Silos.Clear();
        await between();
        _membership = $"test-{Guid.NewGuid():N}";
        foreach (var agent in agents)
            Silos.Add(await TestSilo.StartAsync(agent.Host, _name, _membership, Connection, Redis, _configure, agent));
    }

    public Task<NetworkRecord> CreateNetwork(string name, string driver = "overlay") =>
        Catalog.CreateNetwork(NewRequest(), new CreateNetwork { Name = name, Driver = driver });

    public Task<SandboxDetails> CreateSandbox(string name, string host, params string[] networks) =>
        CreateSandbox(NewRequest(), SandboxOf(name, host, networks));

    public Task<SandboxDetails> CreateSandbox(Guid request, CreateSandbox sandbox) =>
        Grains.GetGrain<ISandboxGrain>(request.ToString()).Create(request, sandbox);

    public static CreateSandbox SandboxOf(string name, string host, params string[] networks) => new()
    {
        Name = name,
        Host = host,
        Networks = [.. networks.Select(n => new NetworkAttachment { Network = n })],
    };

    public ISandboxGrain Sandbox(SandboxDetails sandbox) => Grains.GetGrain<ISandboxGrain>(sandbox.Sandbox.Id.ToString());

    public INetworkGrain Network(NetworkRecord network) => Grains.GetGrain<INetworkGrain>(network.Id.ToString());

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
            await silo.DisposeAsync();
        await Connection.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
