using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class SegmentsApartTests
{
    [Theory]
    [InlineData("bridge", "bridge")]
    [InlineData("bridge", "overlay")]
    [InlineData("overlay", "overlay")]
    public async Task TwoNetworksOfOneHost_DoNotReachEachOther(string driver, string otherDriver)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var cluster = world.Cluster;
        var first = cluster.AddNetwork("first", driver, "10.46.0.0/24", "fd46::/64");
        var second = cluster.AddNetwork("second", otherDriver, "10.47.0.0/24", "fd47::/64");
        cluster.Join(first, "h1", 1);
        cluster.Join(second, "h1", 1);
        var (a, b, c) = (cluster.AddSandbox("h1", world.Name("a")), cluster.AddSandbox("h1", world.Name("b")), cluster.AddSandbox("h1", world.Name("c")));
        cluster.Connect(a, first, 11);
        cluster.Connect(b, first, 12);
        cluster.Connect(c, second, 13);
        await agent.Applied(a.Id, Partitions.Hosts, Partitions.Roster("h1"), Partitions.Network(first.Id), Partitions.Network(second.Id));

        foreach (var sound in new[] { "10.46.0.12", "fd46::c" })
            Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 5 {sound}");
        foreach (var (from, to) in new[] { (a, "10.47.0.13"), (a, "fd47::d"), (c, "10.46.0.11"), (c, "fd46::b") })
            Assert.NotEqual(0, Shell.Try($"ip netns exec {from.Name} ping -c 2 -i 0.2 -W 1 {to}").Code);
    }

    [Fact]
    public async Task TunnelsOverIPv6_CarryPingsAndFullFrames()
    {
        await using var world = new TwoHosts();
        var (first, second) = (await Start(world, 1), await Start(world, 2));
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "overlay", "10.48.0.0/24", "fd48::/64");
        cluster.Join(network, "h1", 1);
        cluster.Join(network, "h2", 2);
        var (a, b) = (cluster.AddSandbox("h1", world.Name("a")), cluster.AddSandbox("h2", world.Name("b")));
        cluster.Connect(a, network, 11);
        cluster.Connect(b, network, 12);
        await first.Applied(a.Id, Partitions.Hosts, Partitions.Roster("h1"), Partitions.Network(network.Id));
        await second.Applied(b.Id, Partitions.Hosts, Partitions.Roster("h2"), Partitions.Network(network.Id));

        Assert.Contains("local fd99::1", Shell.Run($"ip -n {world.Host(1)} -d link show ovx{network.Id.LinkSuffix}"), StringComparison.Ordinal);
        Shell.Run($"ip netns exec {a.Name} ping -c 3 -i 0.05 -W 5 10.48.0.12");
        Shell.Run($"ip netns exec {b.Name} ping -c 1 -W 5 fd48::b");
        // 1500 less 70 for the tunnel, less 28 for ICMP.
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 5 -M do -s 1402 10.48.0.12");
        Shell.Run($"ip netns exec {world.Host(1)} ping -c 1 -W 5 10.48.0.12");
    }

    private static Task<Testing.Agents.TestAgent> Start(TwoHosts world, int number) =>
        world.StartAgent(number, with: options => options with { TunnelAddress = Address.Parse($"fd99::{number}") });
}
