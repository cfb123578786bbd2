using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Xunit;

namespace Overlay.Cluster.Tests;

public sealed class DrainTests
{
    [Fact]
    public async Task Drain_NoNewSandboxComes_TheOldOnesStay_AlsoAfterARestart_UntilItIsUndone()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var shop = await cluster.CreateNetwork("shop");
        var old = await cluster.CreateSandbox("old", "h2", "shop");
        var hosts = cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key);
        var unknown = await Assert.ThrowsAsync<OverlayException>(() => hosts.Drain(TestCluster.NewRequest(), "h9", draining: true));
        Assert.Equal(ErrorCodes.UnknownHost, unknown.Code);

        var request = TestCluster.NewRequest();
        Assert.Equal(await hosts.Drain(request, "h2", draining: true), await hosts.Drain(request, "h2", draining: true));
        await cluster.Silos[1].Register(2);
        Assert.True((await hosts.Find("h2")).Host.Draining);

        var refused = await Assert.ThrowsAsync<OverlayException>(() => cluster.CreateSandbox("new", "h2", "shop"));
        Assert.Equal(ErrorCodes.HostDraining, refused.Code);
        for (var i = 0; i < 2; i++)
        {
            var box = await cluster.CreateSandbox(TestCluster.NewRequest(), new CreateSandbox { Name = $"new{i}" });
            Assert.Equal("h1", box.Sandbox.Host);
        }
        await cluster.Sandbox(old).Stop(TestCluster.NewRequest(), WaitMode.Local);
        await cluster.Sandbox(old).Start(TestCluster.NewRequest(), WaitMode.Local);
        Assert.NotNull(await cluster.Network(shop).FindEndpoint(old.Sandbox.Id));

        await hosts.Drain(TestCluster.NewRequest(), "h2", draining: false);
        await cluster.CreateSandbox("new", "h2", "shop");
    }
}
