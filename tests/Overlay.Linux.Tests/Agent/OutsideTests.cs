using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class OutsideTests
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("overlay")]
    public async Task NeighbourThatRoutesASubnetToTheHost_ReachesPublishedPortsOnly(string driver)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", driver, "10.40.0.0/24", "fd40::/64");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with { Ports = [FakeCluster.Port(8080, 80)] });
        world.Cluster.Connect(web, network, 11);
        await agent.Applied(web.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        Shell.Run($"ip -n {world.Outside} route add 10.40.0.0/24 via 192.0.2.1 && ip -n {world.Outside} route add fd40::/64 via fd99::1");
        using var server = Shell.Start($"exec ip netns exec {web.Name} socat TCP6-LISTEN:80,ipv6only=0,reuseaddr,fork SYSTEM:'echo web'");
        try
        {
            Shell.Until(() => Shell.Try($"ip netns exec {world.Host(1)} socat -u TCP:10.40.0.11:80,connect-timeout=2 - ").Output == "web\n");
            foreach (var published in new[] { "192.0.2.1", "[fd99::1]" })
                Assert.Equal("web\n", Shell.Run($"ip netns exec {world.Outside} socat -u TCP:{published}:8080,connect-timeout=5 -"));
            Shell.Run($"ip netns exec {web.Name} ping -c 1 -W 5 192.0.2.9");
            Assert.Equal(0, Dropped(world));

            foreach (var direct in new[] { "10.40.0.11", "[fd40::b]" })
                Assert.NotEqual(0, Shell.Try($"ip netns exec {world.Outside} socat -u TCP:{direct}:80,connect-timeout=1 -").Code);
            Assert.NotEqual(0, Shell.Try($"ip netns exec {world.Outside} ping -c 1 -W 1 10.40.0.11").Code);
            Assert.InRange(Dropped(world), 3, int.MaxValue);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    private static int Dropped(TwoHosts world) => int.Parse(Shell.Run(
        $"ip netns exec {world.Host(1)} nft list chain inet overlay forward | sed -n 's/.*oifname @own_links counter packets \\([0-9]*\\) .*/\\1/p'"));
}
