using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>A store that comes back older than what it had acknowledged: promises 1 and 2.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public async Task OlderStore_UnderARunningCluster_GetsBackWhatHostsHold_AndNoAddressIsGivenTwice()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var (shop, older, before) = await GrowBeyondACopy(cluster);
        await GoBackTo(cluster, older);
        await Holds(cluster, shop, before);
    }

    [Fact]
    public async Task OlderStore_UnderARestartedCluster_GetsBackWhatHostsHold_AndNoAddressIsGivenTwice()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var (shop, older, before) = await GrowBeyondACopy(cluster);
        await cluster.Restart(() => GoBackTo(cluster, older));
        await Holds(cluster, shop, before);
    }

    [Fact]
    public async Task OlderStore_WithAHostMissing_GrantsNothing_UntilAnOperatorGoesOnWithoutIt()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var (shop, older, before) = await GrowBeyondACopy(cluster);
        await cluster.Silos[1].Kill();
        await Until.True(async () => (await cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).Find("h2")) is { Alive: false }, "h2 is seen dead");
        await GoBackTo(cluster, older);

        await Until.True(async () =>
        {
            var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateNetwork("more"));
            return refused.Code == ErrorCodes.StoreUnavailable && refused.Message.Contains("recover --without h2", StringComparison.Ordinal);
        }, "a refusal that names h2");
        await Until.Succeeds(() => cluster.Grains.GetGrain<IStateGrain>(IStateGrain.Key).Recover(["h2"]), "recovery");
        // What only h2 knew, its later sandboxes, is lost; what h1 knew of them keeps their addresses.
        await Holds(cluster, shop, before, lost: "db");
    }

    [Fact]
    public async Task RestartedStore_ThatLostNothing_IsAdmitted_AndNothingChanges()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        await cluster.CreateSandbox("web", "h1", "shop");
        await cluster.Redis.Stop();
        await cluster.Redis.Start();
        await Until.Succeeds(() => cluster.CreateSandbox("db", "h2", "shop"), "a second sandbox");
        var report = await cluster.Grains.GetGrain<IStateGrain>(IStateGrain.Key).Compare();
        Assert.Empty(report.Differences);
        Assert.Empty(report.Contradictions);
        Assert.Equal(2, (await cluster.Network(shop).Inspect()).Endpoints.Length);
    }

    // Some sandboxes, a copy of the store, more sandboxes and a second network; every host holds all that is its.
    private static async Task<(NetworkRecord Shop, string Older, EndpointRecord[] Endpoints)> GrowBeyondACopy(TestCluster cluster)
    {
        var shop = await cluster.CreateNetwork("shop");
        await cluster.CreateSandbox("web0", "h1", "shop");
        await cluster.CreateSandbox("db0", "h2", "shop");
        var older = cluster.Redis.Copy();
        var back = await cluster.CreateNetwork("back");
        for (var i = 1; i < 5; i++)
        {
            await cluster.CreateSandbox($"web{i}", "h1", "shop", "back");
            await cluster.CreateSandbox($"db{i}", "h2", "shop");
        }
        foreach (var silo in cluster.Silos)
        {
            string[] followed = [Partitions.Hosts, Partitions.Roster(silo.Name), Partitions.Network(shop.Id), .. silo.Name == "h1" ? [Partitions.Network(back.Id)] : Array.Empty<string>()];
            foreach (var partition in followed)
                await silo.Agent.Follow(partition);
        }
        return (shop, older, [.. (await cluster.Network(shop).Inspect()).Endpoints]);
    }

    private static async Task GoBackTo(TestCluster cluster, string older)
    {
        await cluster.Redis.Stop();
        cluster.Redis.Restore(older);
        await cluster.Redis.Start();
    }

    private static async Task Holds(TestCluster cluster, NetworkRecord shop, EndpointRecord[] before, string? lost = null)
    {
        var granted = new List<SandboxDetails>();
        for (var i = 0; i < 12; i++)
        {
            var request = TestCluster.NewRequest();
            var box = TestCluster.SandboxOf($"new{i}", "h1", "shop");
            granted.Add(await Until.Succeeds(() => cluster.CreateSandbox(request, box), $"new{i}"));
        }
        var details = await Until.Succeeds(() => cluster.Network(shop).Inspect(), "the network");
        Assert.Empty(before.Select(e => (e.Id, e.Addresses[0])).Except(details.Endpoints.Select(e => (e.Id, e.Addresses[0]))));
        var all = details.Endpoints.SelectMany(e => e.Addresses).Concat(details.Nodes.SelectMany(n => n.Addresses)).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(before.Length + granted.Count, details.Endpoints.Length);
        var names = (await cluster.Catalog.ListSandboxes()).Select(s => s.Name).ToHashSet();
        Assert.Superset(before.Select(e => e.SandboxName).Where(n => lost is null || !n.StartsWith(lost, StringComparison.Ordinal)).ToHashSet(), names);
        Assert.Contains(await cluster.Catalog.ListNetworks(), n => n.Name == "back");
        var report = await cluster.Grains.GetGrain<IStateGrain>(IStateGrain.Key).Compare();
        Assert.Empty(report.Contradictions);
    }
}
