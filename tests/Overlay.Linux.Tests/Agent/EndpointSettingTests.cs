using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>What a user has chosen for one endpoint: name, MAC, settings and gateway priority.</summary>
public sealed class EndpointSettingTests
{
    [Fact]
    public async Task ChosenSettings_AreTheInterfacesAlone_KeptUnderDrift_AndBackAfterAStart()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1, with: o => o with { ResyncInterval = TimeSpan.FromMilliseconds(200) });
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.41.0.0/24", "fd41::/64");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"));
        var endpoint = Connect(world, web, network, "lan0.20",
            ("net.ipv4.conf.IFNAME.log_martians", "1"), ("net.ipv6.conf.IFNAME.accept_ra", "2"), ("net.ipv4.neigh.IFNAME.base_reachable_time_ms", "30001"),
            ("net.ipv6.conf.IFNAME.stable_secret", "fd00::1"));
        await Applied();
        Check();
        Assert.Contains(endpoint.Mac.ToString(), Shell.Run($"ip -n {web.Name} link show lan0.20"), StringComparison.Ordinal);
        Assert.Equal("0\n", Read("net/ipv4/conf/default/log_martians"));

        Shell.Run($"ip netns exec {web.Name} sh -c 'echo 0 > /proc/sys/net/ipv4/conf/lan0.20/log_martians; echo 0 > /proc/sys/net/ipv6/conf/lan0.20/accept_ra'");
        Shell.Until(() => Read("net/ipv4/conf/lan0.20/log_martians") == "1\n" && Read("net/ipv6/conf/lan0.20/accept_ra") == "2\n");

        world.Cluster.Update(web with { Started = false });
        await Applied();
        world.Cluster.Update(web with { Generation = 2 });
        await Applied();
        Check();

        Task Applied() => agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
        string Read(string name) => Shell.Run($"ip netns exec {web.Name} cat /proc/sys/{name}");
        void Check()
        {
            Assert.Equal(("1\n", "2\n"), (Read("net/ipv4/conf/lan0.20/log_martians"), Read("net/ipv6/conf/lan0.20/accept_ra")));
            Assert.Equal("fd00:0000:0000:0000:0000:0000:0000:0001\n", Read("net/ipv6/conf/lan0.20/stable_secret"));
            Assert.InRange(int.Parse(Read("net/ipv4/neigh/lan0.20/base_reachable_time_ms")), 30_000, 30_010);
        }
    }

    [Theory]
    [InlineData("net.ipv4.conf.IFNAME.no_such_thing", "1", "this kernel has no such setting")]
    [InlineData("net.ipv4.conf.IFNAME.log_martians", "many", "setting net/ipv4/conf/eth0/log_martians to many")]
    public async Task ChosenSetting_ThatTheKernelRefuses_IsAProblemOfTheEndpoint(string name, string value, string says)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.41.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"));
        Connect(world, web, network, null, (name, value));

        var refused = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1")));

        Assert.Equal(ErrorCodes.ApplyFailed, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InterfaceName_ThatIsTakenInTheSandbox_IsAProblemThatNamesIt()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (front, back) = (world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24"), world.Cluster.AddNetwork("back", "bridge", "10.42.0.0/24"));
        world.Cluster.Join(front, "h1", 1);
        world.Cluster.Join(back, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"));
        world.Cluster.Connect(web, front, 11);
        await agent.Applied(web.Id, Partitions.Network(front.Id), Partitions.Network(back.Id), Partitions.Roster("h1"));
        var named = Connect(world, web, back, "eth0");
        var refused = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(web.Id, Partitions.Network(back.Id)));
        Assert.Contains("eth0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("exists", refused.Message, StringComparison.Ordinal);

        // Taken back, as the grains would: the sandbox is as it was.
        world.Cluster.Disconnect(named, back);
        await agent.Applied(web.Id, Partitions.Network(back.Id));
        Shell.Run($"ip netns exec {web.Name} ping -c 1 -W 2 10.41.0.1");
    }

    [Fact]
    public async Task GatewayPriority_MovesTheDefaultRoute_AndThePorts()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (front, back) = (world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24"), world.Cluster.AddNetwork("back", "bridge", "10.42.0.0/24"));
        world.Cluster.Join(front, "h1", 1);
        world.Cluster.Join(back, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = [FakeCluster.Port(8084, 80)],
            Command = ["socat", "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:echo at $SOCAT_SOCKADDR"],
        });
        world.Cluster.Connect(web, front, 11);
        await Applied();
        Shell.Run($"for i in $(seq 200); do ip netns exec {web.Name} ss -Hltn sport = :80 | grep -q LISTEN && exit 0; sleep 0.05; done; exit 1");
        Assert.Equal("at 10.41.0.11\n", Ask());

        var leader = Connect(world, web, back, "up", priority: 5);
        await Applied();
        Assert.StartsWith("default via 10.42.0.1 dev up", Shell.Run($"ip -n {web.Name} route show default"), StringComparison.Ordinal);
        Assert.Equal("at 10.42.0.11\n", Ask());
        world.Cluster.Disconnect(leader, back);
        await Applied();
        Assert.Equal("at 10.41.0.11\n", Ask());

        Task Applied() => agent.Applied(web.Id, Partitions.Network(front.Id), Partitions.Network(back.Id), Partitions.Roster("h1"));
        string Ask() => Shell.Run($"ip netns exec {world.Outside} socat -T2 - TCP:192.0.2.1:8084,connect-timeout=2 </dev/null");
    }

    private static EndpointRecord Connect(
        TwoHosts world, SandboxRecord sandbox, NetworkRecord network, string? name, params (string Name, string Value)[] sysctls) => Connect(world, sandbox, network, name, 0, sysctls);

    private static EndpointRecord Connect(
        TwoHosts world, SandboxRecord sandbox, NetworkRecord network, string? name, int priority, params (string Name, string Value)[] sysctls)
    {
        var endpoint = world.Cluster.NewEndpoint(sandbox, network, 11) with
        {
            InterfaceName = name, GatewayPriority = priority, Sysctls = sysctls.ToImmutableDictionary(s => s.Name, s => s.Value),
        };
        world.Cluster.Control.Put(Partitions.Network(network.Id), Fields.Endpoint(endpoint.Id), endpoint);
        return endpoint;
    }
}
