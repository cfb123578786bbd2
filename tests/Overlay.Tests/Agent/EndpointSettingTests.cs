using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Testing.Kernels;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>Name and settings that a user has chosen for an endpoint's interface.</summary>
public sealed class EndpointSettingTests
{
    private const string Martians = "net/ipv4/conf/lan.1/log_martians", Rounded = "net/ipv4/neigh/lan.1/retrans_time_ms";

    [Fact]
    public async Task ChosenSetting_IsThere_AndPutBackByAResync_AndWrittenOnce()
    {
        await using var world = new AgentWorld();
        var (web, network) = Fill(world);
        var agent = await world.StartAgent(resync: TimeSpan.FromMilliseconds(50));
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(network));
        using var space = world.Kernel.Open("web");
        Assert.Equal(("1", "2"), (space.ReadSysctl(Martians), space.ReadSysctl("net/ipv6/conf/lan.1/accept_ra")));
        Assert.Equal("1000", space.ReadSysctl(Rounded));
        Assert.Equal((1, 1), (Writes(world, Martians), Writes(world, Rounded)));

        for (var flip = 1; flip <= 3; flip++)
        {
            space.WriteSysctl(Martians, "0");
            await Eventually(() => space.ReadSysctl(Martians) == "1");
            Assert.Equal(1 + 2 * flip, Writes(world, Martians));
        }
        Assert.Equal(1, Writes(world, Rounded));
        space.WriteSysctl(Rounded, "500");
        await Eventually(() => space.ReadSysctl(Rounded) == "1000");
    }

    [Fact]
    public async Task ChosenSetting_ThatIsOursToo_Wins()
    {
        await using var world = new AgentWorld();
        var (web, network) = Fill(world, ("net.ipv6.conf.IFNAME.disable_ipv6", "1"));
        var agent = await world.StartAgent();
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(network));
        using var space = world.Kernel.Open("web");
        Assert.Equal("1", space.ReadSysctl("net/ipv6/conf/lan.1/disable_ipv6"));
        Assert.DoesNotContain(world.Kernel.Log, l => l.StartsWith("setting net/ipv6/conf/lan.1/disable_ipv6 to 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ChosenSetting_AfterAFailure_IsTriedAgain_AndComesBackWithAStart()
    {
        await using var world = new AgentWorld();
        var (web, network) = Fill(world);
        world.Kernel.FailNext(FakeOperation.WriteSysctl, 5);
        var agent = await world.StartAgent();
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(network));
        world.Cluster.Update(web with { Started = false });
        await agent.Applied(web.Id, Partitions.Roster("h1"));
        Assert.DoesNotContain("web", world.Kernel.Names());

        world.Cluster.Update(web with { Generation = 2 });
        await agent.Applied(web.Id, Partitions.Roster("h1"));
        using var space = world.Kernel.Open("web");
        Assert.Equal("1", space.ReadSysctl(Martians));
    }

    [Fact]
    public async Task NumberedInterface_KeepsClearOfAChosenName()
    {
        await using var world = new AgentWorld();
        var (front, back) = (world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24"), world.Cluster.AddNetwork("back", "bridge", "10.42.0.0/24"));
        world.Cluster.Join(front, "h1", 1);
        world.Cluster.Join(back, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", "web");
        world.Cluster.Connect(web, front, 11);
        var named = world.Cluster.NewEndpoint(web, back, 12) with { InterfaceName = "eth0" };
        world.Cluster.Control.Put(Partitions.Network(back.Id), Fields.Endpoint(named.Id), named);
        var agent = await world.StartAgent();
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(front, back));

        using var space = world.Kernel.Open("web");
        var index = space.FindLink("eth0")!.Index;
        Assert.Contains(space.DumpAddresses(), a => a.LinkIndex == index && a.Address == named.Addresses[0]);
        Assert.NotNull(space.FindLink("eth1"));
    }

    private static (SandboxRecord, NetworkRecord) Fill(AgentWorld world, params (string Name, string Value)[] sysctls)
    {
        if (sysctls.Length == 0)
            sysctls = [("net.ipv4.conf.IFNAME.log_martians", "1"), ("net.ipv6.conf.IFNAME.accept_ra", "2"), ("net.ipv4.neigh.IFNAME.retrans_time_ms", "1001")];
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.41.0.0/24", "fd41::/64");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", "web");
        var endpoint = world.Cluster.NewEndpoint(web, network, 11) with { InterfaceName = "lan.1", Sysctls = sysctls.ToImmutableDictionary(s => s.Name, s => s.Value) };
        world.Cluster.Control.Put(Partitions.Network(network.Id), Fields.Endpoint(endpoint.Id), endpoint);
        return (web, network);
    }

    private static int Writes(AgentWorld world, string name) => world.Kernel.Log.Count(l => l.StartsWith($"setting {name}", StringComparison.Ordinal));

    private static async Task Eventually(Func<bool> condition)
    {
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 2000, "the kernel never came to the state that was waited for");
            await again.WaitForNextTickAsync();
        }
    }
}
