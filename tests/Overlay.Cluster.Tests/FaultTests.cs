using System.Diagnostics;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cluster.Tests;

public sealed class FaultTests
{
    [Fact]
    public async Task SiloKilledMidWork_NothingAcknowledgedIsLost_AndNoAddressIsHeldTwice()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 3);
        var shop = await cluster.CreateNetwork("shop");
        // Of h1's sandboxes; the grains that serve them live on all three.
        var started = new TaskCompletionSource();
        var work = Enumerable.Range(0, 40).Select(async i =>
        {
            var request = TestCluster.NewRequest();
            var box = await Until.Succeeds(() => cluster.CreateSandbox(request, TestCluster.SandboxOf($"box{i}", "h1", "shop")), $"box{i} is made");
            started.TrySetResult();
            return box;
        }).ToList();
        await started.Task;
        await cluster.Silos[2].Kill();
        var boxes = await Task.WhenAll(work);

        var details = await Until.Succeeds(() => cluster.Network(shop).Inspect(), "the network answers");
        Assert.Equal(boxes.Select(b => b.Endpoints[0].Endpoint.Id).Order(), details.Endpoints.Select(e => e.Id).Order());
        Assert.Equal(40, boxes.Select(b => b.Endpoints[0].Endpoint.Addresses[0]).Distinct().Count());
        var roster = await cluster.Grains.GetGrain<IRosterGrain>("h1").ListSandboxes();
        Assert.Equal(40, roster.Length);
    }

    [Fact]
    public async Task HostDown_CreateIsRefused_ButRemoveAndDisconnectWork()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h2", "shop");
        await cluster.Silos[1].Kill();
        await Until.True(async () => (await cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).Find("h2")) is { Alive: false }, "h2 is seen dead");

        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox("db", "h2", "shop"));
        Assert.Equal(ErrorCodes.HostDown, refused.Code);
        var details = await cluster.Network(shop).Inspect();
        Assert.NotNull(Assert.Single(details.Applied).Problem);
        await cluster.Sandbox(web).Disconnect(TestCluster.NewRequest(), "shop", force: false, WaitMode.Local);
        await cluster.Sandbox(web).Remove(TestCluster.NewRequest(), force: false, WaitMode.Local);
        Assert.Empty((await cluster.Network(shop).Inspect()).Endpoints);
        await Directory(cluster).Remove(TestCluster.NewRequest(), "h2", force: false);
    }

    [Fact]
    public async Task HostThatIsGone_IsRemovedWithItsSandboxes_AndALiveOneIsNot()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        await cluster.CreateSandbox("web", "h1", "shop");
        await cluster.CreateSandbox("db", "h2", "shop");
        var alive = await Assert.ThrowsAsync<OverlayException>(() => Directory(cluster).Remove(TestCluster.NewRequest(), "h2", force: true));
        Assert.Equal(ErrorCodes.NotRemovable, alive.Code);
        await cluster.Silos[1].Kill();
        await Until.True(async () => (await Directory(cluster).Find("h2")) is { Alive: false }, "h2 is seen dead");
        var full = await Assert.ThrowsAsync<OverlayException>(() => Directory(cluster).Remove(TestCluster.NewRequest(), "h2", force: false));
        Assert.Contains("db", full.Message, StringComparison.Ordinal);

        var request = TestCluster.NewRequest();
        Assert.Equal(["db"], (await Directory(cluster).Remove(request, "h2", force: true)).ToArray());
        Assert.Equal(["db"], (await Directory(cluster).Remove(request, "h2", force: true)).ToArray());
        Assert.Equal("web", Assert.Single(await cluster.Catalog.ListSandboxes()).Name);
        var details = await cluster.Network(shop).Inspect();
        Assert.Equal(("h1", "h1"), (Assert.Single(details.Endpoints).Host, Assert.Single(details.Nodes).Host));
        Assert.Equal(2, details.Usage[0].InUse);
        Assert.Equal("h1", Assert.Single(await Directory(cluster).List()).Host.Name);
        // Its name can be another machine's from here on.
        await Directory(cluster).Register(new HostRecord
        {
            Name = "h2", MachineId = "another", TunnelAddress = Address.Parse("192.0.2.77"), UnderlayMtu = 1500, Epoch = "1",
        });
    }

    [Fact]
    public async Task HostThatComesBackWhileItIsRemoved_Stays()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        for (var i = 0; i < 5; i++)
            await cluster.CreateSandbox($"db{i}", "h2");
        var before = (await Directory(cluster).Find("h2")).Host;
        await cluster.Silos[1].Kill();
        await Until.True(async () => (await Directory(cluster).Find("h2")) is { Alive: false }, "h2 is seen dead");

        var removal = Directory(cluster).Remove(TestCluster.NewRequest(), "h2", force: true);
        await Directory(cluster).Register(before with { Epoch = "of its next life" });
        var refused = await Assert.ThrowsAsync<OverlayException>(() => removal);
        Assert.Equal(ErrorCodes.NotRemovable, refused.Code);
        Assert.Contains("db0, db1, db2, db3, db4", refused.Message, StringComparison.Ordinal);
        Assert.Equal("of its next life", (await Directory(cluster).Find("h2")).Host.Epoch);
    }

    private static IHostDirectoryGrain Directory(TestCluster cluster) => cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key);

    [Fact]
    public async Task TwoActivationsOnOneStore_BothWrite_NoAddressIsGivenTwice()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var shop = await cluster.CreateNetwork("shop");
        await using var other = await cluster.AddSilo("h1", apart: true);
        var key = shop.Subnets[0].Id.ToString();
        ISubnetGrain[] sides = [cluster.Grains.GetGrain<ISubnetGrain>(key), other.Grains.GetGrain<ISubnetGrain>(key)];
        // One refused for another's commit asks again, as every caller of ours does.
        var granted = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            Until.Succeeds(() => sides[i % 2].Allocate($"endpoint:{new ObjectId((UInt128)i)}", "racer", null, 0), $"address {i}")));
        Assert.Equal(100, granted.Distinct<Address>().Count());
        var leases = await Until.Succeeds(() => sides[0].Leases(), "leases");
        var fresh = await Until.Succeeds(async () =>
        {
            await sides[0].Allocate("endpoint:last", "racer", null, 0);
            return await sides[0].Leases();
        }, "the winner's view");
        Assert.Equal(101, fresh.Length);
        Assert.True(leases.Length <= fresh.Length);
    }

    [Fact]
    public async Task StoreStopped_WritesAreRefusedInTime_ReadsGoOn_AndAllAcknowledgedIsThereAfterwards()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        await cluster.Redis.Stop();

        var request = TestCluster.NewRequest();
        var clock = Stopwatch.StartNew();
        var refused = await Assert.ThrowsAsync<OverlayException>(() =>
            cluster.Catalog.CreateNetwork(request, new CreateNetwork { Name = "late", Driver = "overlay" }));
        Assert.Equal(ErrorCodes.StoreUnavailable, refused.Code);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"refused after {clock.Elapsed}");
        Assert.Contains(await cluster.Catalog.ListNetworks(), n => n.Name == "shop");
        Assert.Single((await cluster.Network(shop).Inspect()).Endpoints);
        Assert.NotEqual(0UL, (await cluster.Silos[0].Agent.Follow(Partitions.Network(shop.Id))).Revision);

        await cluster.Redis.Start();
        var late = await Until.Succeeds(() =>
            cluster.Catalog.CreateNetwork(request, new CreateNetwork { Name = "late", Driver = "overlay" }), "the store is back");
        Assert.Equal(late.Id, (await cluster.Catalog.FindNetwork("late")).Id);
        var db = await Until.Succeeds(() => cluster.CreateSandbox("db", "h2", "shop"), "a second sandbox");
        Assert.NotEqual(web.Endpoints[0].Endpoint.Addresses[0], db.Endpoints[0].Endpoint.Addresses[0]);
        Assert.Equal(["db", "web"], (await cluster.Network(shop).Inspect()).Endpoints.Select(e => e.SandboxName));
    }

    [Fact]
    public async Task WholeClusterRestarted_FindsEverythingInTheStore()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        await using var again = await cluster.AddSilo("h1", apart: true);
        var found = await again.Grains.GetGrain<ISandboxGrain>(web.Sandbox.Id.ToString()).Inspect();
        Assert.Equal(web.Endpoints[0].Endpoint.Addresses.AsEnumerable(), found.Endpoints[0].Endpoint.Addresses);
        Assert.Equal(web.Endpoints[0].Endpoint.Mac, found.Endpoints[0].Endpoint.Mac);
        var usage = (await again.Grains.GetGrain<INetworkGrain>(shop.Id.ToString()).Inspect()).Usage[0];
        Assert.Equal(2, usage.InUse);
    }
}
