using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cluster.Tests;

public sealed class MainPathTests
{
    [Fact]
    public async Task SandboxesOnTwoHosts_ReachBothAgentsFeeds_AndLeaveNothingWhenRemoved()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        var db = await cluster.CreateSandbox("db", "h2", "shop");

        Assert.NotEqual(web.Endpoints[0].Endpoint.Addresses[0], db.Endpoints[0].Endpoint.Addresses[0]);
        var details = await cluster.Network(shop).Inspect();
        Assert.Equal(["db", "web"], details.Endpoints.Select(e => e.SandboxName));
        Assert.Equal(["h1", "h2"], details.Nodes.Select(n => n.Host));
        // Two endpoints and two node addresses.
        Assert.Equal(4, details.Usage[0].InUse);
        foreach (var silo in cluster.Silos)
        {
            await silo.Agent.Follow(Partitions.Network(shop.Id));
            Assert.Contains(Fields.Endpoint(web.Endpoints[0].Endpoint.Id), silo.Agent.View(Partitions.Network(shop.Id)).Keys);
            Assert.DoesNotContain(silo.Agent.View(Partitions.Network(shop.Id)).Keys, k => k.StartsWith(Fields.RequestPrefix, StringComparison.Ordinal));
        }
        await Until.True(() => cluster.Silos[0].Agent.Hints.Any(h => h.Partition == Partitions.Network(shop.Id)), "h1 is told of db");

        await cluster.Sandbox(web).Remove(TestCluster.NewRequest(), force: true, WaitMode.Local);
        await cluster.Sandbox(db).Remove(TestCluster.NewRequest(), force: true, WaitMode.Local);
        details = await cluster.Network(shop).Inspect();
        Assert.Empty(details.Endpoints);
        Assert.Empty(details.Nodes);
        await Until.True(async () => (await cluster.Network(shop).Inspect()).Usage[0] is { InUse: 0, Quarantined: 4 }, "their addresses are released");
        Assert.Empty(await cluster.Catalog.ListSandboxes());
        Assert.DoesNotContain(shop.Id, await cluster.Grains.GetGrain<IRosterGrain>("h1").FollowedNetworks());

        await cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "shop", force: false);
        Assert.DoesNotContain(await cluster.Catalog.ListNetworks(), n => n.Name == "shop");
    }

    [Fact]
    public async Task Cluster_FirstUse_HasBuiltInNetworksThatCannotBeRemoved()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        Assert.Equal(["bridge", "host", "none"], (await cluster.Catalog.ListNetworks()).Select(n => n.Name));
        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "bridge", force: true));
        Assert.Equal(ErrorCodes.NotRemovable, refused.Code);
        var box = await cluster.CreateSandbox(TestCluster.NewRequest(), new CreateSandbox());
        Assert.Equal("bridge", box.Endpoints.Single().NetworkName);
        Assert.Equal("h1", box.Sandbox.Host);
        Assert.NotEqual("", box.Sandbox.Name);
    }

    [Fact]
    public async Task Create_TwoNetworks_InterfacesAreOrderedAsNamed_AndTheCommandWaitsForBoth()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var (b, a) = (await cluster.CreateNetwork("b", "bridge"), await cluster.CreateNetwork("a"));
        var box = await cluster.CreateSandbox("box", "h1", "b", "a");
        Assert.Equal([b.Id, a.Id], box.Endpoints.Select(e => e.Network));
        Assert.True(box.Endpoints[0].Endpoint.Created < box.Endpoints[1].Endpoint.Created);
        Assert.Equal([Partitions.Network(b.Id), Partitions.Network(a.Id)], box.Sandbox.StartAfter.Select(t => t.Partition));
    }

    [Fact]
    public async Task Connect_WithoutHost_TakesTheHostWithTheFewestSandboxes()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        await Until.True(async () => (await cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).List()).All(h => h.Alive), "both are members");
        var hosts = new List<string>();
        for (var i = 0; i < 4; i++)
            hosts.Add((await cluster.CreateSandbox(TestCluster.NewRequest(), new CreateSandbox { Name = $"s{i}" })).Sandbox.Host);
        Assert.Equal(["h1", "h2", "h1", "h2"], hosts);
    }

    [Fact]
    public async Task HundredConcurrentConnects_GiveDistinctAddresses()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var boxes = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => cluster.CreateSandbox($"box{i}", $"h{1 + i % 2}", "shop")));
        Assert.Equal(100, boxes.Select(b => b.Endpoints.Single().Endpoint.Addresses.Single()).Distinct().Count());
        var details = await cluster.Network(shop).Inspect();
        Assert.Equal(100, details.Endpoints.Length);
        Assert.Equal(102, details.Usage[0].InUse);
        var addresses = details.Endpoints.SelectMany(e => e.Addresses).Concat(details.Nodes.SelectMany(n => n.Addresses)).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct<Address>().Count());
    }
}
