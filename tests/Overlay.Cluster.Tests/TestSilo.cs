using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Grains.Hosting;
using Overlay.Grains.Placement;
using Overlay.Grains.Store;
using Overlay.Testing.Redis;
using StackExchange.Redis;

namespace Overlay.Cluster.Tests;

/// <summary>One host of a cluster in this process: a silo with the real grains and store, and a fake agent.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _stopped;

    private TestSilo(string name, IHost host, FakeAgent agent) => (Name, _host, Agent) = (name, host, agent);

    public string Name { get; }

    public FakeAgent Agent { get; }

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <param name="cluster">Of the store: partitions.</param>
    /// <param name="membership">Of the silos; another one on the same store is a split brain.</param>
    public static async Task<TestSilo> StartAsync(
        string name, string cluster, string membership, IConnectionMultiplexer redis, RedisServer server, Func<OverlayGrainsOptions, OverlayGrainsOptions> configure, FakeAgent? agent = null)
    {
        agent ??= new FakeAgent(name);
        var options = configure(new OverlayGrainsOptions
        {
            Cluster = cluster,
            Store = new RedisRecordStore(redis, new RedisRecordStoreOptions { Cluster = cluster, Deadline = TimeSpan.FromSeconds(2) }),
            Agent = agent,
            ApplyDeadline = TimeSpan.FromSeconds(5),
        });
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(o => o.ClusterId = o.ServiceId = membership);
            silo.Configure<SiloOptions>(o => o.SiloName = name);
            silo.ConfigureEndpoints(IPAddress.Loopback, RedisServer.FreePort(), RedisServer.FreePort());
            silo.UseRedisClustering(o => o.ConfigurationOptions = ConfigurationOptions.Parse(server.EndPoint));
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                o.ProbeTimeout = TimeSpan.FromSeconds(0.5);
                o.NumMissedProbesLimit = 2;
                o.NumVotesForDeathDeclaration = 1;
            });
            silo.Configure<ConnectionOptions>(o =>
            {
                o.OpenConnectionTimeout = TimeSpan.FromSeconds(1);
                o.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
            });
            silo.AddHostPlacement(hasAgent: true, hasControlPlane: true);
            silo.AddOutgoingGrainCallFilter<CallErrors>();
            silo.AddOverlayGrains(options);
        });
        var host = builder.Build();
        await host.StartAsync();
        agent.Grains = host.Services.GetRequiredService<IGrainFactory>();
        return new TestSilo(name, host, agent);
    }

    public Task Register(int number) => Until.Succeeds(() => Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).Register(new HostRecord
    {
        Name = Name,
        MachineId = $"machine-{Name}",
        TunnelAddress = Address.V4(0x0ae70000u + (uint)number),
        UnderlayMtu = 1500,
        Epoch = "1",
    }), $"{Name} registers");

    /// <summary>Without a word to anybody: the others find out.</summary>
    public async Task Kill()
    {
        _stopped = true;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _host.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _host.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
            await Kill();
    }
}
