using Overlay.Contracts.Errors;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Cluster.Tests;

/// <summary>Sandboxes that use another one's network stack: container:NAME.</summary>
public sealed class JoinTests
{
    [Fact]
    public async Task Join_RunsOnTheOthersHost_ByNameOrIdPrefix_AndAChainEndsAtItsRoot()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 3);
        await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox(TestCluster.NewRequest(), TestCluster.SandboxOf("web", "h2", "shop") with { Hostname = "www" });

        var helper = await Create(cluster, "helper", "web");
        Assert.Equal(("h2", "www", web.Sandbox.Id), (helper.Sandbox.Host, helper.Sandbox.Hostname, helper.Sandbox.Joins));
        Assert.Empty(helper.Endpoints);
        var third = await Create(cluster, "third", helper.Sandbox.Id.Short, "h2");
        Assert.Equal(web.Sandbox.Id, third.Sandbox.Joins);
        // Through another silo than the one that made them.
        var seen = await cluster.Silos[2].Grains.GetGrain<ISandboxGrain>(web.Sandbox.Id.ToString()).Inspect();
        Assert.Equal("helper,third", string.Join(",", seen.JoinedBy));
        Assert.Equal("web", (await cluster.Sandbox(third).Inspect()).Joined!.Name);
        Assert.Single((await cluster.Network(await cluster.Catalog.FindNetwork("shop")).Inspect()).Endpoints);
        await cluster.Silos[1].Agent.Follow(Partitions.Roster("h2"));
        Assert.Contains(Fields.Sandbox(helper.Sandbox.Id), cluster.Silos[1].Agent.View(Partitions.Roster("h2")).Keys);

        // On the host's own stack it is the host's, and there is no other network beside it.
        await cluster.CreateSandbox(TestCluster.NewRequest(), new CreateSandbox { Name = "agent", Host = "h3", Mode = SandboxModes.Host });
        Assert.Equal("h3", (await Create(cluster, "beside", "agent")).Sandbox.Host);
    }

    [Fact]
    public async Task Join_WhatCannotBe_IsRefused_AndLeavesNothing()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        await cluster.CreateNetwork("shop");
        var web = await cluster.CreateSandbox("web", "h2", "shop");
        var elsewhere = await Refused(ErrorCodes.InvalidArgument, Create(cluster, "x", "web", "h1"));
        Assert.Contains("'web', which is on host 'h2'", elsewhere.Message, StringComparison.Ordinal);
        await Refused(ErrorCodes.NotFound, Create(cluster, "x", "nobody"));
        await Refused(ErrorCodes.InvalidArgument, Create(cluster, "x", "x"));
        await Refused(ErrorCodes.InvalidArgument, cluster.CreateSandbox(
            TestCluster.NewRequest(), TestCluster.SandboxOf("x", "h2", "shop") with { Mode = SandboxModes.Container, Join = "web" }));
        cluster.Silos[1].Agent.NextFailure = "no space left on device";
        await Refused(ErrorCodes.ApplyFailed, Create(cluster, "x", "web"));
        await cluster.Sandbox(web).Stop(TestCluster.NewRequest(), WaitMode.Local);
        Assert.Contains("'web', which is stopped", (await Refused(ErrorCodes.NotRunning, Create(cluster, "x", "web"))).Message, StringComparison.Ordinal);

        Assert.Equal(["web"], (await cluster.Catalog.ListSandboxes()).Select(s => s.Name));
        Assert.Equal(["web"], (await cluster.Grains.GetGrain<IRosterGrain>("h2").ListSandboxes()).Select(s => s.Name));
    }

    [Fact]
    public async Task Joined_CannotBeConnectedOrDisconnected_NorStartedWithoutTheOther()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 1);
        await cluster.CreateNetwork("shop");
        await cluster.CreateNetwork("back");
        var web = await cluster.CreateSandbox("web", "h1", "shop");
        var helper = await Create(cluster, "helper", "web");
        var connect = await Refused(ErrorCodes.Unsupported, cluster.Sandbox(helper).Connect(TestCluster.NewRequest(), "back", new ConnectOptions(), WaitMode.Local));
        Assert.Contains("overlay network connect back web", connect.Message, StringComparison.Ordinal);
        await Refused(ErrorCodes.Unsupported, cluster.Sandbox(helper).Disconnect(TestCluster.NewRequest(), "shop", force: false, WaitMode.Local));
        foreach (var mode in new[] { SandboxModes.Host, SandboxModes.None })
        {
            var box = await cluster.CreateSandbox(TestCluster.NewRequest(), new CreateSandbox { Name = $"on-{mode}", Mode = mode });
            await Refused(ErrorCodes.Unsupported, cluster.Sandbox(box).Connect(TestCluster.NewRequest(), "shop", new ConnectOptions(), WaitMode.Local));
            await Refused(ErrorCodes.Unsupported, cluster.Sandbox(box).Disconnect(TestCluster.NewRequest(), mode, force: true, WaitMode.Local));
        }

        await cluster.Sandbox(web).Stop(TestCluster.NewRequest(), WaitMode.Local);
        await Refused(ErrorCodes.NotRunning, cluster.Sandbox(helper).Start(TestCluster.NewRequest(), WaitMode.Local));
        await cluster.Sandbox(web).Start(TestCluster.NewRequest(), WaitMode.Local);
        await cluster.Sandbox(helper).Start(TestCluster.NewRequest(), WaitMode.Local);
    }

    [Fact]
    public async Task RemovalOfTheOther_IsRefusedNamingWhoJoinsIt_AndForcedStopsThem_AlsoWhileTheHostIsDown()
    {
        await using var cluster = await TestCluster.StartAsync(hosts: 2);
        var web = await cluster.CreateSandbox("web", "h2");
        var helper = await Create(cluster, "helper", "web");
        await cluster.Sandbox(web).Stop(TestCluster.NewRequest(), WaitMode.Local);
        var refused = await Refused(ErrorCodes.NotRemovable, cluster.Sandbox(web).Remove(TestCluster.NewRequest(), force: false, WaitMode.Local));
        Assert.Equal("helper", refused.Details["joined"]);
        Assert.Equal(2, (await cluster.Catalog.ListSandboxes()).Length);

        await cluster.Silos[1].Kill();
        await Until.True(
            async () => !(await cluster.Grains.GetGrain<IHostDirectoryGrain>(IHostDirectoryGrain.Key).Find("h2")).Alive, "h2 is declared dead");
        await cluster.Sandbox(web).Remove(TestCluster.NewRequest(), force: true, WaitMode.None);
        var left = await cluster.Sandbox(helper).Inspect();
        Assert.False(left.Sandbox.Started);
        Assert.Null(left.Joined);
        var gone = await Refused(ErrorCodes.NotRunning, cluster.Sandbox(helper).Start(TestCluster.NewRequest(), WaitMode.None));
        Assert.Contains("is gone; remove 'helper' and make it again", gone.Message, StringComparison.Ordinal);
        Assert.Contains("is gone", (await Refused(ErrorCodes.NotRunning, Create(cluster, "x", "helper", wait: WaitMode.None))).Message, StringComparison.Ordinal);
        await cluster.Sandbox(helper).Remove(TestCluster.NewRequest(), force: false, WaitMode.None);
        Assert.Empty(await cluster.Catalog.ListSandboxes());
    }

    private static Task<SandboxDetails> Create(TestCluster cluster, string name, string other, string? host = null, WaitMode wait = WaitMode.Local) => cluster.CreateSandbox(
        TestCluster.NewRequest(), new CreateSandbox { Name = name, Host = host, Mode = SandboxModes.Container, Join = other, Wait = wait });

    private static async Task<OverlayException> Refused(string code, Task task)
    {
        var refused = await Assert.ThrowsAsync<OverlayException>(() => task);
        Assert.Equal(code, refused.Code);
        return refused;
    }
}
