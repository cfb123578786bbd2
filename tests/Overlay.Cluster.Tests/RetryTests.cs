using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Xunit;

namespace Overlay.Cluster.Tests;

public sealed class RetryTests
{
    [Fact]
    public async Task Create_RepeatedWithOneRequestId_HasOneEffect()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var request = TestCluster.NewRequest();
        var wanted = TestCluster.SandboxOf("web", "h1", "shop");
        var together = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => cluster.CreateSandbox(request, wanted)));
        var later = await cluster.CreateSandbox(request, wanted);

        Assert.All(together, t => Assert.Equal(later.Sandbox.Id, t.Sandbox.Id));
        var details = await cluster.Network(shop).Inspect();
        Assert.Equal(later.Endpoints[0].Endpoint.Id, Assert.Single(details.Endpoints).Id);
        Assert.Equal(2, details.Usage[0].InUse);
        Assert.Single(await cluster.Catalog.ListSandboxes());
    }

    [Fact]
    public async Task Create_RepeatedAfterItsSandboxWasRemoved_DoesNotBringItBack()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var request = TestCluster.NewRequest();
        var web = await cluster.CreateSandbox(request, TestCluster.SandboxOf("web", "h1"));
        await cluster.Sandbox(web).Remove(TestCluster.NewRequest(), force: true, WaitMode.None);
        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox(request, TestCluster.SandboxOf("web", "h1")));
        Assert.Equal(ErrorCodes.NotFound, refused.Code);
    }

    [Fact]
    public async Task Create_RepeatedAfterARefusal_StartsAnew()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var request = TestCluster.NewRequest();
        cluster.Silos[0].Agent.NextFailure = "busy";
        await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox(request, TestCluster.SandboxOf("web", "h1")));
        var web = await cluster.CreateSandbox(request, TestCluster.SandboxOf("web", "h1"));
        Assert.Single((await cluster.Sandbox(web).Inspect()).Endpoints);
    }

    [Fact]
    public async Task NetworkAndConnect_RepeatedWithOneRequestId_ReplyTheSame()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var request = TestCluster.NewRequest();
        var wanted = new CreateNetwork { Name = "shop", Driver = "overlay" };
        var shop = await cluster.Catalog.CreateNetwork(request, wanted);
        Assert.Equal(shop.Id, (await cluster.Catalog.CreateNetwork(request, wanted)).Id);

        var web = await cluster.CreateSandbox("web", "h1");
        var connect = TestCluster.NewRequest();
        var first = await cluster.Sandbox(web).Connect(connect, "shop", new ConnectOptions(), WaitMode.Local);
        var second = await cluster.Sandbox(web).Connect(connect, "shop", new ConnectOptions(), WaitMode.Local);
        Assert.Equal((first.Endpoint.Id, first.Revision), (second.Endpoint.Id, second.Revision));

        var disconnect = TestCluster.NewRequest();
        await cluster.Sandbox(web).Disconnect(disconnect, "shop", force: false, WaitMode.Local);
        await cluster.Sandbox(web).Disconnect(disconnect, "shop", force: false, WaitMode.Local);
        // The late twin of a request whose effect was taken back since: no effect, and no address held for it.
        await cluster.Sandbox(web).Connect(connect, "shop", new ConnectOptions(), WaitMode.None);
        Assert.Empty((await cluster.Network(shop).Inspect()).Endpoints);
        await Until.True(async () => (await cluster.Network(shop).Inspect()).Usage[0].InUse == 0, "its address is released");
    }

    [Fact]
    public async Task Connect_TakenBack_ItsTwinIsRefused_WhetherItComesBeforeOrAfter()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1");
        var connect = TestCluster.NewRequest();
        cluster.Silos[0].Agent.NextFailure = "busy";
        await Assert.ThrowsAsync<OverlayException>(() => cluster.Sandbox(web).Connect(connect, "shop", new ConnectOptions(), WaitMode.Local));
        var twin = await Assert.ThrowsAsync<OverlayException>(() => cluster.Sandbox(web).Connect(connect, "shop", new ConnectOptions(), WaitMode.Local));
        Assert.Equal(ErrorCodes.Expired, twin.Code);

        // Given up by its caller while it was on its way.
        var late = TestCluster.NewRequest();
        await cluster.Network(shop).Abandon(late, web.Sandbox.Id);
        await Assert.ThrowsAsync<OverlayException>(() => cluster.Sandbox(web).Connect(late, "shop", new ConnectOptions(), WaitMode.None));
        var details = await cluster.Network(shop).Inspect();
        Assert.Empty(details.Endpoints);
        Assert.Equal(0, details.Usage[0].InUse);
    }

    [Fact]
    public async Task CreateNetwork_RepeatedAfterItsNetworkWasRemoved_DoesNotBringItBack()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var request = TestCluster.NewRequest();
        var wanted = new CreateNetwork { Name = "shop", Driver = "overlay" };
        await cluster.Catalog.CreateNetwork(request, wanted);
        await cluster.Catalog.RemoveNetwork(TestCluster.NewRequest(), "shop", force: false);
        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.Catalog.CreateNetwork(request, wanted));
        Assert.Equal(ErrorCodes.NotFound, refused.Code);
    }

    [Fact]
    public async Task Remove_CutShortAfterTheRoster_IsEndedByTheNextOne()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1, o => o with { AuditAge = TimeSpan.Zero, AuditInterval = TimeSpan.FromHours(1) });
        var shop = await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        await cluster.Grains.GetGrain<IRosterGrain>("h1").RemoveSandbox(web.Sandbox.Id);
        await cluster.Sandbox(web).Remove(TestCluster.NewRequest(), force: false, WaitMode.None);
        Assert.Empty(await cluster.Catalog.ListSandboxes());
        await Until.True(async () => (await cluster.Network(shop).Inspect()).Usage[0].InUse == 0, "its address is released");
    }

    [Fact]
    public async Task Remove_Repeated_IsDoneAgain_AndATwinThatIsTooOldIsRefusedBeforeAnythingIsRemoved()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var web = cluster.Sandbox(await cluster.CreateSandbox("web", "h1"));
        var old = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddMinutes(-11));
        var refused = await Assert.ThrowsAsync<OverlayException>(() => web.Remove(old, force: true, WaitMode.Local));
        Assert.Equal(ErrorCodes.Expired, refused.Code);
        Assert.Equal("web", (await web.Inspect()).Sandbox.Name);

        var remove = TestCluster.NewRequest();
        await web.Remove(remove, force: false, WaitMode.Local);
        await web.Remove(remove, force: false, WaitMode.Local);
        refused = await Assert.ThrowsAsync<OverlayException>(() => web.Remove(TestCluster.NewRequest(), force: false, WaitMode.Local));
        Assert.Equal(ErrorCodes.NotFound, refused.Code);
    }

    [Fact]
    public async Task Request_OlderThanItsReplyIsKept_IsExpired()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        var old = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddMinutes(-11));
        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.Catalog.CreateNetwork(old, new CreateNetwork { Name = "shop" }));
        Assert.Equal(ErrorCodes.Expired, refused.Code);
        refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.Catalog.CreateNetwork(Guid.NewGuid(), new CreateNetwork { Name = "shop" }));
        Assert.Equal(ErrorCodes.InvalidArgument, refused.Code);
    }
}
