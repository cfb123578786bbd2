using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Hosting;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>What requests that were cut short, or raced each other, leave behind comes back by itself.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task Audit_TakesBackWhatRequestsLeftThatWereCutShort()
    {
        await using var cluster = await TestCluster.StartAsync(
            hosts: 1, o => o with { AuditAge = TimeSpan.FromMilliseconds(300), AuditInterval = TimeSpan.FromMilliseconds(100) });
        var shop = await cluster.CreateNetwork("shop");
        var kept = await cluster.CreateSandbox("kept", "h1", "shop");
        // A saga that ended after the name and one endpoint, and a connect that ended after the lease.
        var entry = await cluster.Catalog.ReserveSandbox(TestCluster.NewRequest(), "lost", "h1");
        await cluster.Network(shop).Connect(TestCluster.NewRequest(), new ConnectEndpoint
        {
            Sandbox = entry.Id,
            SandboxName = "lost",
            Host = "h1",
            Hostname = "lost",
        });
        var subnet = cluster.Grains.GetGrain<ISubnetGrain>(shop.Subnets[0].Id.ToString());
        await subnet.Allocate($"endpoint:{new ObjectId(7)}", "nobody", null, 0);
        // Whose connect it was is gone: the network's next activation looks.
        await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        await Until.True(async () => (await cluster.Catalog.ListSandboxes()).Length == 1, "the name is released");
        Assert.NotNull(await cluster.Network(shop).FindEndpoint(kept.Sandbox.Id));
        await Until.True(async () => (await subnet.Leases()).Count(l => l.Released is null) == 2, "only the kept endpoint and its node hold an address");
    }

    [Fact]
    public async Task Audit_EndpointWithoutASandbox_IsReleased_AndTheOthersStay()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, Soon);
        var shop = await cluster.CreateNetwork("shop");
        var kept = await cluster.CreateSandbox("kept", "h1", "shop");
        var gone = new ObjectId(7);
        await cluster.Network(shop).Connect(
            TestCluster.NewRequest(), new ConnectEndpoint { Sandbox = gone, SandboxName = "gone", Host = "h1", Hostname = "gone" });

        await Until.True(async () => await cluster.Network(shop).FindEndpoint(gone) is null, "the endpoint without a sandbox is gone");
        await Until.True(async () => (await cluster.Network(shop).Inspect()).Usage[0].InUse == 2, "and its address");
        Assert.NotNull(await cluster.Network(shop).FindEndpoint(kept.Sandbox.Id));
    }

    [Fact]
    public async Task Audit_SandboxInARosterWithoutAName_IsRemoved_AndTheOthersStay()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, Soon);
        var kept = await cluster.CreateSandbox("kept", "h1");
        var roster = cluster.Grains.GetGrain<IRosterGrain>("h1");
        await roster.AddSandbox(
            TestCluster.NewRequest(), new SandboxRecord { Id = new ObjectId(7), Name = "late", Host = "h1", Hostname = "late" }, [], DateTimeOffset.UtcNow, []);

        await Until.True(async () => (await roster.ListSandboxes()).Length == 1, "the nameless one is gone");
        Assert.Equal(kept.Sandbox.Id, Assert.Single(await roster.ListSandboxes()).Id);
    }

    [Fact]
    public async Task Audit_SecondLeaseOfAnEndpointInAnotherSubnet_IsReleased()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, Soon);
        var shop = await cluster.Catalog.CreateNetwork(TestCluster.NewRequest(), new CreateNetwork
        {
            Name = "shop",
            Subnets = [new SubnetRequest { Prefix = Prefix.Parse("10.77.1.0/24") }, new SubnetRequest { Prefix = Prefix.Parse("10.77.2.0/24") }],
        });
        var web = (await cluster.CreateSandbox("web", "h1", "shop")).Endpoints[0].Endpoint;
        var second = cluster.Grains.GetGrain<ISubnetGrain>(shop.Subnets[1].Id.ToString());
        await second.Allocate($"endpoint:{web.Id}", "sandbox web on h1", null, 0);
        await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        // The network is in use again: its activation audits.
        await Until.True(
            async () => await cluster.Network(shop).FindEndpoint(web.Sandbox) is not null
                && (await second.Leases()).All(l => l.Released is not null),
            "the lease that the endpoint does not have is released");
        var first = cluster.Grains.GetGrain<ISubnetGrain>(shop.Subnets[0].Id.ToString());
        Assert.Equal(web.Addresses[0], Assert.Single(await first.Leases(), l => l.Released is null).Address);
    }

    [Fact]
    public async Task Connect_RacingTheRemovalOfItsSandbox_LeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        for (var i = 0; i < 40; i++)
        {
            var web = cluster.Sandbox(await cluster.CreateSandbox($"web{i}", "h1"));
            var connect = web.Connect(TestCluster.NewRequest(), "shop", new ConnectOptions(), WaitMode.None);
            var remove = web.Remove(TestCluster.NewRequest(), force: true, WaitMode.None);
            await remove;
            try
            {
                await connect;
            }
            catch (OverlayException late)
            {
                Assert.Equal(ErrorCodes.NotFound, late.Code);
            }
            Assert.Empty((await cluster.Network(shop).Inspect()).Endpoints);
        }
    }

    [Fact]
    public async Task Create_SoLateThatItsNameMayBeAnothers_IsRefused_AndLeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, o => o with { CreationLimit = TimeSpan.FromHours(-1) });
        var shop = await cluster.CreateNetwork("shop");
        var late = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox("web", "h1", "shop"));
        Assert.Equal(ErrorCodes.Expired, late.Code);
        Assert.Empty(await cluster.Catalog.ListSandboxes());
        Assert.Empty((await cluster.Network(shop).Inspect()).Endpoints);
    }

    [Fact]
    public async Task ConfirmAbsent_AnAdditionOfAPausedActivation_Conflicts()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await using var apart = await cluster.AddSilo("h2", apart: true);
        var paused = apart.Grains.GetGrain<IRosterGrain>("h1");
        Assert.Empty(await paused.ListSandboxes());
        var sandbox = new SandboxRecord { Id = new ObjectId(7), Name = "web", Host = "h1", Hostname = "web" };
        var roster = cluster.Grains.GetGrain<IRosterGrain>("h1");
        Assert.True(await roster.ConfirmAbsent(sandbox.Id));

        var conflict = await Assert.ThrowsAsync<OverlayException>(
            () => paused.AddSandbox(TestCluster.NewRequest(), sandbox, [], DateTimeOffset.UtcNow, []));
        Assert.Equal(ErrorCodes.Conflict, conflict.Code);
        await roster.AddSandbox(TestCluster.NewRequest(), sandbox, [], DateTimeOffset.UtcNow, []);
        Assert.False(await roster.ConfirmAbsent(sandbox.Id));
        Assert.Single(await roster.ListSandboxes());
    }

    [Fact]
    public async Task Vni_OfARemovedNetwork_IsNotGivenToTheNext_AlsoByANewActivation()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var first = await cluster.CreateNetwork("first");
        await cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "first", force: false);
        await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        Assert.NotEqual(first.Vni, (await cluster.CreateNetwork("second")).Vni);
    }

    private static OverlayGrainsOptions Soon(OverlayGrainsOptions options) => options with
    {
        AuditAge = TimeSpan.FromMilliseconds(300),
        AuditInterval = TimeSpan.FromMilliseconds(100),
    };
}
