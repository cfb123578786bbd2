using Overlay.Core;
using Overlay.Linux;
using Overlay.Testing.Agents;
using Overlay.Testing.Kernels;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>What macvlan, ipvlan and VLAN links do when calls fail, and when somebody else changes them or their parent.</summary>
public sealed class ParentLinkTests
{
    public static readonly TheoryData<string, Action<FakeKernel>> Faults = new()
    {
        { "macvlan", k => k.FailNext<AddMacvlan>(12) },
        { "VLAN", k => k.FailNext<AddVlan>(12) },
        { "link", k => k.FailNext<SetLink>(16) },
        { "address", k => k.FailNext<AddAddress>(12) },
        { "route", k => k.FailNext<SetRoute>(101) },
        { "sysctl", k => k.FailNext(FakeOperation.WriteSysctl, 16) },
        { "dump", k => k.FailNext(FakeOperation.Dump, 105) },
        { "question", k => k.FailNext(FakeOperation.FindHolder, 105) },
        { "announcement", k => k.FailNext(FakeOperation.Announce, 105) },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task AnyOperationFailingOnce_ConvergesToTheSameState(string name, Action<FakeKernel> fail)
    {
        await using var sound = new ParentWorld();
        await using var faulty = new ParentWorld(sound.World.Cluster);
        var network = sound.AddNetwork(parent: "eth0.20");
        var (sandbox, _) = sound.Connect(network, "web", 11);
        var expected = await sound.World.StartAgent();
        await expected.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));

        fail(faulty.World.Kernel);
        var agent = await faulty.World.StartAgent();
        await AppliedSoon(agent, sandbox.Id, AgentWorld.PartitionsOf(network));

        Assert.True(sound.World.Dump() == faulty.World.Dump(), $"after a failing {name}:\n{faulty.World.Dump()}\ninstead of\n{sound.World.Dump()}");
    }

    [Theory]
    [InlineData("eth0")]
    [InlineData("eth0.20")]
    public async Task ParentsMtu_DownAndUpAgain_IsFollowed(string parent)
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork(parent: parent);
        var (sandbox, _) = world.Connect(network, "web", 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        var index = world.LinkOf("web")!.Index;
        foreach (var mtu in new[] { 1400, 1500, 9000 })
        {
            world.World.Kernel.Host.Apply([new SetLink("eth0") { Mtu = mtu }]);
            await ParentWorld.Until(() => world.LinkOf("web")!.Mtu == mtu && world.World.Kernel.Host.FindLink(parent)!.Mtu == mtu);
        }
        Assert.Equal(index, world.LinkOf("web")!.Index);
    }

    [Fact]
    public async Task ModeThatSomebodyChanged_IsPutBack()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork();
        var (sandbox, endpoint) = world.Connect(network, "web", 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        using (var space = world.World.Kernel.Open("web"))
        {
            space.Apply([new DeleteLink("eth0")]);
            world.World.Kernel.Host.Apply([new AddMacvlan("eth0", "eth0", MacvlanMode.Private) { Space = space }]);
            space.Apply([new SetLink("eth0") { Alias = $"overlay:test/h1/{endpoint.Id}" }]);
        }
        await ParentWorld.Until(() => world.LinkOf("web") is { Macvlan: MacvlanMode.Bridge, IsUp: true } && world.AddressesOf("web").Count == 2);
    }

    [Theory]
    [InlineData("ipvlan", "l2", "eth0", "this kernel has no ipvlan (CONFIG_IPVLAN); load module ipvlan, or use driver macvlan")]
    [InlineData("macvlan", "bridge", "eth0.20", "this kernel has no VLAN links (CONFIG_VLAN_8021Q); load module 8021q, or use a parent without a VLAN id")]
    public async Task KernelWithoutIt_IsSaidPlainly(string driver, string mode, string parent, string expected)
    {
        await using var world = new ParentWorld();
        for (var i = 0; i < 20; i++)
        {
            world.World.Kernel.FailNext<AddIpvlan>(95);
            world.World.Kernel.FailNext<AddVlan>(95);
        }
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork(driver, mode, parent);
        var (sandbox, _) = world.Connect(network, "web", 11);
        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network)));
        Assert.Contains(agent.Local.Status().Problems, p => p.Contains(expected, StringComparison.Ordinal));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    // Some are told first, and mended after.
    private static async Task AppliedSoon(TestAgent agent, ObjectId sandbox, string[] partitions)
    {
        for (var i = 0; i < 100; i++)
        {
            try
            {
                await agent.Applied(sandbox, partitions);
                return;
            }
            catch (RefusalException refusal) when (refusal.Code == ErrorCodes.ApplyFailed)
            {
                await Task.Delay(50);
            }
        }
        await agent.Applied(sandbox, partitions);
    }
}
