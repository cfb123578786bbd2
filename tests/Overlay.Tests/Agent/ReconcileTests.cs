using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Kernels;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class ReconcileTests
{
    public static readonly TheoryData<string, Action<FakeKernel>> Faults = new()
    {
        { "bridge", k => k.FailNext<AddBridge>(12) },
        { "vxlan", k => k.FailNext<AddVxlan>(12) },
        { "veth", k => k.FailNext<AddVeth>(12) },
        { "link", k => k.FailNext<SetLink>(16) },
        { "port", k => k.FailNext<SetBridgePort>(16) },
        { "address", k => k.FailNext<AddAddress>(12) },
        { "route", k => k.FailNext<SetRoute>(101) },
        { "neighbour", k => k.FailNext<SetNeighbour>(12) },
        { "bridge fdb", k => k.FailNext<SetBridgeFdb>(12) },
        { "vxlan fdb", k => k.FailNext<SetVxlanFdb>(12) },
        { "make namespace", k => k.FailNext(FakeOperation.CreateNamespace, 12) },
        { "open namespace", k => k.FailNext(FakeOperation.OpenNamespace, 24) },
        { "dump", k => k.FailNext(FakeOperation.Dump, 105) },
        { "nft", k => k.FailNext(FakeOperation.RunNft, 16) },
        { "sysctl", k => k.FailNext(FakeOperation.WriteSysctl, 16) },
        { "socket", k => k.FailNext(FakeOperation.OpenSocket, 98) },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task AnyOperationFailingOnce_ConvergesToTheSameState(string name, Action<FakeKernel> fail)
    {
        await using var sound = new AgentWorld();
        await using var faulty = new AgentWorld(sound.Cluster);
        var (sandbox, networks) = AgentWorld.Fill(sound.Cluster);
        var expected = await sound.StartAgent();
        await expected.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));

        fail(faulty.Kernel);
        var agent = await faulty.StartAgent();
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));

        Assert.True(sound.Dump() == faulty.Dump(), $"after a failing {name}:\n{faulty.Dump()}\ninstead of\n{sound.Dump()}");
    }

    [Fact]
    public async Task SecondAgent_WritesNothing()
    {
        await using var world = new AgentWorld();
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);
        var agent = await world.StartAgent();
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));
        await agent.DisposeAsync();
        var before = world.Kernel.Log;

        var again = await world.StartAgent();
        await again.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));

        Assert.Equal(before, world.Kernel.Log);
        Assert.Equal(0, again.Local.Status().DriftRepaired);
    }

    [Fact]
    public async Task WhatIsNotOurs_StaysUntouched_AndIsNamedWhereItIsInTheWay()
    {
        await using var world = new AgentWorld();
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);
        var bridge = "obr" + networks[0].Id.LinkSuffix;
        var host = world.Kernel.Host;
        host.Apply([new AddBridge(bridge) { Alias = "overlay:test/other-host/" + networks[0].Id }, new AddBridge("obr00000000000") { Mtu = 1400 }]);
        host.Nftables.Run("table inet filter { chain input { } }");

        var agent = await world.StartAgent();
        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks)));

        Assert.Equal(ErrorCodes.ApplyFailed, refusal.Code);
        Assert.Contains($"link {bridge} (bridge) is there and not ours", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("overlay:test/other-host/" + networks[0].Id, host.FindLink(bridge)!.Alias);
        Assert.Equal(1400, host.FindLink("obr00000000000")!.Mtu);
        Assert.NotNull(host.Nftables.List("inet filter"));
    }

    [Fact]
    public async Task NamespaceOfThatName_ThatIsNotOurs_IsRefusedAndKept()
    {
        await using var world = new AgentWorld();
        world.Kernel.Create("web").Dispose();
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);

        var agent = await world.StartAgent();
        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks)));

        Assert.Contains("/run/netns/web is there and not ours", refusal.Message, StringComparison.Ordinal);
        using var kept = world.Kernel.Open("web");
        Assert.Single(kept.DumpLinks());
    }

    [Fact]
    public async Task EverythingRemoved_LeavesTheKernelAsItWas()
    {
        await using var world = new AgentWorld();
        var before = world.Dump();
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);
        var agent = await world.StartAgent();
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));
        Assert.NotEqual(before, world.Dump());

        world.Cluster.Remove(sandbox);
        foreach (var network in networks)
            world.Cluster.Leave(network, "h1");
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf());

        Assert.Equal(before, world.Dump());
        Assert.Empty(world.Sockets.Names);
    }

    [Fact]
    public async Task ViewFromDisk_RepairsAndNeverDeletes()
    {
        await using var world = new AgentWorld();
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);
        var agent = await world.StartAgent();
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));
        await agent.DisposeAsync();
        var bridge = "obr" + networks[0].Id.LinkSuffix;
        var surplus = new AddAddress(bridge, Address.Parse("10.99.0.1"), 24);
        var gateway = Address.Parse("10.40.0.1");
        world.Kernel.Host.Apply([surplus, new RemoveAddress(bridge, gateway, 24)]);
        world.Cluster.Control.IsAway = true;

        var alone = await world.StartAgent();
        await world.Until(() => Has(world, gateway));
        Assert.True(Has(world, surplus.Address));

        world.Cluster.Control.IsAway = false;
        await alone.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));
        await world.Until(() => !Has(world, surplus.Address));
        Assert.True(Has(world, gateway));
    }

    [Fact]
    public async Task WhatTheKernelLacks_IsSaid()
    {
        await using var world = new AgentWorld();
        world.Kernel.Features = new(["nftables on bridges (CONFIG_NF_TABLES_BRIDGE): Operation not supported"]);
        var agent = await world.StartAgent();
        await world.Until(() => agent.Local.Status().Problems.Any(p => p.Contains("this kernel lacks nftables on bridges", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task EndpointElsewhere_ThatChangesItsMac_IsAnnouncedToLocalSandboxes()
    {
        await using var world = new AgentWorld();
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);
        var agent = await world.StartAgent();
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));
        var log = world.Kernel.Log.Count;

        var added = world.Cluster.Connect(new SandboxRecord { Id = world.Cluster.NewId(), Name = "new", Host = "h2", Hostname = "new" }, networks[0], 13);
        await agent.Applied(null, Partitions.Network(networks[0].Id));

        var writes = world.Kernel.Log.Skip(log).ToArray();
        Assert.Contains(writes, w => w.StartsWith($"announcing 10.40.0.13 at {added.Mac}, fd40::d at {added.Mac} on ove", StringComparison.Ordinal));
        // Two addresses: a neighbour each, announced together; one MAC: two forwarding entries.
        Assert.True(writes.Length == 5, string.Join("\n", writes));
    }

    private static bool Has(AgentWorld world, Address address) => world.Kernel.Host.DumpAddresses().Any(a => a.Address == address);
}
