using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Hosting;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>An address that was released is nobody's until its last holder's kernel has let go of it (promise 1).</summary>
public sealed class LeavingTests
{
    [Fact]
    public async Task Address_OfAHostThatIsDown_IsNobodysUntilTheHostIsBack()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2, Soon);
        var shop = await cluster.CreateNetwork("shop");
        await cluster.CreateSandbox("web", "h1", "shop");
        var db = await cluster.CreateSandbox("db", "h2", "shop");
        var address = db.Endpoints[0].Endpoint.Addresses[0];
        var node = (await cluster.Network(shop).Inspect()).Nodes.Single(n => n.Host == "h2").Addresses[0];
        await cluster.Silos[1].Kill();
        await Until.True(async () => (await Directory(cluster).Find("h2")) is { Alive: false }, "h2 is seen dead");
        await cluster.Sandbox(db).Remove(TestCluster.NewRequest(), force: true, WaitMode.Local);

        // By value, by chance, and after an audit.
        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox(TestCluster.NewRequest(), At("new", address)));
        Assert.Equal(ErrorCodes.AddressTaken, refused.Code);
        Assert.Contains($"{address} is still on host 'h2' as sandbox db", refused.Message, StringComparison.Ordinal);
        var others = new List<Address>();
        for (var i = 0; i < 20; i++)
            others.Add((await cluster.CreateSandbox($"other{i}", "h1", "shop")).Endpoints[0].Endpoint.Addresses[0]);
        Assert.DoesNotContain(address, others);
        Assert.DoesNotContain(node, others);
        Assert.Equal([$"endpoint:{db.Endpoints[0].Endpoint.Id}", "node:h2"], (await Held(cluster, shop)).Where(o => o.Contains(db.Endpoints[0].Endpoint.Id.ToString()) || o == "node:h2"));

        var back = await cluster.AddSilo("h2");
        await back.Agent.Follow(Partitions.Hosts);
        await Until.True(async () => !(await Held(cluster, shop)).Any(o => o == "node:h2" || o.Contains(db.Endpoints[0].Endpoint.Id.ToString())), "h2 has let go");
        Assert.Equal(address, (await cluster.CreateSandbox(TestCluster.NewRequest(), At("new", address))).Endpoints[0].Endpoint.Addresses[0]);
    }

    [Fact]
    public async Task Address_ThatTheKernelCannotLetGo_IsNobodysUntilItCan()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, Soon);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        var address = web.Endpoints[0].Endpoint.Addresses[0];
        cluster.Silos[0].Agent.KeepsWhatIsRemoved = true;
        await cluster.Sandbox(web).Disconnect(TestCluster.NewRequest(), "shop", force: false, WaitMode.Local);
        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox(TestCluster.NewRequest(), At("new", address)));
        Assert.Equal(ErrorCodes.AddressTaken, refused.Code);
        cluster.Silos[0].Agent.KeepsWhatIsRemoved = false;
        await Until.True(async () => (await Held(cluster, shop)).Count == 0, "the audit asks again");
        await cluster.CreateSandbox(TestCluster.NewRequest(), At("new", address));
    }

    [Fact]
    public async Task Address_ThatIsJustBeingLetGo_IsHandedOverToWhoAsksForIt()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, o => o with { AuditInterval = TimeSpan.FromHours(1) });
        await cluster.CreateNetwork("shop");
        var address = (await cluster.CreateSandbox("web0", "h1", "shop")).Endpoints[0].Endpoint.Addresses[0];
        for (var i = 0; i < 20; i++)
        {
            await cluster.Grains.GetGrain<ISandboxGrain>((await cluster.Catalog.FindSandbox($"web{i}")).Id.ToString()).Remove(TestCluster.NewRequest(), force: true, WaitMode.None);
            var next = await cluster.CreateSandbox(TestCluster.NewRequest(), At($"web{i + 1}", address));
            Assert.Equal(address, next.Endpoints[0].Endpoint.Addresses[0]);
        }
    }

    [Fact]
    public async Task Addresses_OfAHostThatIsRemovedForGood_AreFreeWithIt()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2, o => o with { AuditInterval = TimeSpan.FromHours(1) });
        var shop = await cluster.CreateNetwork("shop");
        await cluster.CreateSandbox("db", "h2", "shop");
        await cluster.Silos[1].Kill();
        await Until.True(async () => (await Directory(cluster).Find("h2")) is { Alive: false }, "h2 is seen dead");
        await Directory(cluster).Remove(TestCluster.NewRequest(), "h2", force: true);
        Assert.Empty(await Held(cluster, shop));
    }

    [Fact]
    public async Task NodeAddresses_OfAHostThatComesBackToTheNetwork_AreItsOwnAgain()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2, Soon);
        var shop = await cluster.CreateNetwork("shop");
        var db = await cluster.CreateSandbox("db", "h2", "shop");
        var node = (await cluster.Network(shop).Inspect()).Nodes.Single().Addresses[0];
        cluster.Silos[1].Agent.KeepsWhatIsRemoved = true;
        await cluster.Sandbox(db).Disconnect(TestCluster.NewRequest(), "shop", force: false, WaitMode.None);
        await cluster.Sandbox(db).Connect(TestCluster.NewRequest(), "shop", new ConnectOptions(), WaitMode.None);
        Assert.Equal(node, (await cluster.Network(shop).Inspect()).Nodes.Single().Addresses[0]);
        cluster.Silos[1].Agent.KeepsWhatIsRemoved = false;
        // The first endpoint's is released, the node's is not.
        await Until.True(async () => (await Held(cluster, shop)).Count == 2, "the old endpoint's address is released");
        Assert.Contains("node:h2", await Held(cluster, shop));
    }

    private static CreateSandbox At(string name, Address address) => new()
    {
        Name = name,
        Host = "h1",
        Networks = [new NetworkAttachment { Network = "shop", Options = new ConnectOptions { Ip = address } }],
    };

    private static async Task<List<string>> Held(TestCluster cluster, NetworkRecord network)
    {
        var leases = await cluster.Grains.GetGrain<ISubnetGrain>(network.Subnets[0].Id.ToString()).Leases();
        return [.. leases.Where(l => l.Released is null).Select(l => l.Owner).Order(StringComparer.Ordinal)];
    }

    private static IHostDirectoryGrain Directory(TestCluster cluster) => cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key);

    // No quarantine: it would hide what is tested.
    private static OverlayGrainsOptions Soon(OverlayGrainsOptions options) => options with
    {
        Quarantine = TimeSpan.Zero,
        AuditAge = TimeSpan.FromMilliseconds(300),
        AuditInterval = TimeSpan.FromMilliseconds(100),
    };
}
