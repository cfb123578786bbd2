using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Ports that come and go while others are in use.</summary>
public sealed class PortChangeTests
{
    private static readonly ImmutableArray<PublishedPort> Kept = [FakeCluster.Port(8090, 80), FakeCluster.Port(8091, 81)];

    [Fact]
    public async Task FlowsThroughOtherPorts_GoOn_WhileAHundredComeAndGo_AndOneOfARemovedPortIsCut()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.47.0.0/24", "fd47::/64");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = Kept,
            Command = ["sh", "-c", "socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 PIPE & exec socat TCP-LISTEN:81,fork,reuseaddr PIPE"],
        });
        var other = world.Cluster.AddSandbox("h1", world.Name("other"));
        world.Cluster.Connect(web, network, 11);
        world.Cluster.Connect(other, network, 12);
        await Applied();
        Listens(web.Name, 80, 81);
        using var outside = new EchoFlow(world, world.Outside, "192.0.2.1", 8090);
        using var outside6 = new EchoFlow(world, world.Outside, "fd99::1", 8090);
        using var host = new EchoFlow(world, world.Host(1), "127.0.0.1", 8090);
        using var hairpin = new EchoFlow(world, other.Name, "192.0.2.1", 8090);
        using var removed = new EchoFlow(world, world.Outside, "192.0.2.1", 8091);
        EchoFlow[] kept = [outside, outside6, host, hairpin];

        for (var round = 0; round < 5; round++)
        {
            world.Cluster.Update(web with { Ports = [.. Kept, .. Enumerable.Range(9000, 100).Select(p => FakeCluster.Port(p, p))] });
            await Applied();
            Assert.Equal(102, Elements());
            world.Cluster.Update(web with { Ports = Kept });
            await Applied();
            Assert.Equal(2, Elements());
            foreach (var flow in kept.Append(removed))
                flow.Advances();
        }

        world.Cluster.Update(web with { Ports = [Kept[0]] });
        await Applied();
        Assert.StartsWith("broken", removed.Breaks(), StringComparison.Ordinal);
        foreach (var flow in kept)
            flow.Advances();
        Assert.All(kept, flow => Assert.Equal("whole", flow.End()));

        Task Applied() => agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
        int Elements() => Shell.Run($"ip netns exec {world.Host(1)} nft list map inet overlay ports4_any").Split(" : 10.47.0.11 ").Length - 1;
    }

    [Theory]
    [InlineData(null, "192.0.2.1 [fd99::1] 127.0.0.1", "")]
    [InlineData("0.0.0.0", "192.0.2.1 127.0.0.1", "[fd99::1]")]
    [InlineData("::", "[fd99::1]", "192.0.2.1 127.0.0.1")]
    [InlineData("192.0.2.1", "192.0.2.1", "127.0.0.1 [fd99::1]")]
    [InlineData("fd99::1", "[fd99::1]", "192.0.2.1 127.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.1", "192.0.2.1 [fd99::1]")]
    public async Task HostAddress_SaysWhereAPortIsReached_FromOutsideTheHostAndTheSameNetwork(string? at, string reached, string not)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.47.0.0/24", "fd47::/64");
        world.Cluster.Join(network, "h1", 1);
        // As the grains choose for a range and for a port that is left open.
        ImmutableArray<PublishedPort> ports = [.. new[] { 7000, 7001, 32768 }.Select((p, i) => FakeCluster.Port(p, 80 + i) with { HostAddress = at is null ? null : Address.Parse(at) })];
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = ports,
            Command = ["sh", "-c", "for p in 80 81 82; do socat TCP6-LISTEN:$p,fork,reuseaddr,ipv6only=0 SYSTEM:\"echo port $p\" & done; wait"],
        });
        var other = world.Cluster.AddSandbox("h1", world.Name("other"));
        world.Cluster.Connect(web, network, 11);
        world.Cluster.Connect(other, network, 12);
        await agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
        Listens(web.Name, 80, 81, 82);

        foreach (var port in ports)
        {
            foreach (var address in reached.Split(' '))
                Assert.All(From(address), space => Assert.Equal($"{space} port {port.SandboxPort}\n", $"{space} {Ask(space, address, port.HostPort)}"));
            foreach (var address in not.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                Assert.All(From(address), space => Assert.Equal($"{space} ", $"{space} {Ask(space, address, port.HostPort)}"));
        }

        string[] From(string address) => address == "127.0.0.1" ? [world.Host(1)] : [world.Outside, world.Host(1), other.Name, web.Name];
        static string Ask(string space, string address, int port) => Shell.Run($"ip netns exec {space} socat -T2 - TCP:{address}:{port},connect-timeout=2 </dev/null 2>/dev/null || true");
    }

    private static void Listens(string space, params int[] ports) =>
        Shell.Until(() => ports.All(p => Shell.Run($"ip netns exec {space} ss -Hltn sport = :{p}").Length > 0));
}
