using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class OverlayEndToEndTests
{
    [Fact]
    public async Task Overlay_TwoHosts_CarriesPingsNamesAndFullFrames()
    {
        await using var world = new TwoHosts();
        var (first, second) = (await world.StartAgent(1), await world.StartAgent(2));
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24", "fd40::/64");
        cluster.Join(network, "h1", 1);
        cluster.Join(network, "h2", 2);
        var a = cluster.AddSandbox("h1", world.Name("a"));
        var b = cluster.AddSandbox("h2", world.Name("b"));
        cluster.Connect(a, network, 11, "web");
        cluster.Connect(b, network, 12, "web");
        string[] of = [Partitions.Network(network.Id), Partitions.Hosts];
        await first.Applied(a.Id, [.. of, Partitions.Roster("h1")]);
        await second.Applied(b.Id, [.. of, Partitions.Roster("h2")]);

        Shell.Run($"ip netns exec {a.Name} ping -c 3 -i 0.05 -W 1 10.40.0.12");
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 1 -M do -s 1422 10.40.0.12");
        Shell.Run($"ip netns exec {b.Name} ping -c 1 -W 1 fd40::b");
        Shell.Run($"ip netns exec {world.Host(1)} ping -c 1 -W 1 10.40.0.12");
        Shell.Run($"ip netns exec {b.Name} ping -c 1 -W 1 192.0.2.9");
        var names = Shell.Run($"ip netns exec {a.Name} dig +short +tries=1 @127.0.0.11 web");
        Assert.Equal(["10.40.0.11", "10.40.0.12"], names.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal("10.40.0.12\n", Shell.Run($"ip netns exec {a.Name} dig +short +tries=1 +tcp @127.0.0.11 {b.Name}"));
    }

    [Fact]
    public async Task SecondAgent_OfTheSameHost_WritesNothing()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "overlay", "10.40.0.0/24", "fd40::/64");
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"), s => s with { Ports = [FakeCluster.Port(8080, 80)] });
        world.Cluster.Connect(a, network, 11);
        string[] of = [Partitions.Network(network.Id), Partitions.Hosts, Partitions.Roster("h1")];
        await agent.Applied(a.Id, of);
        await agent.DisposeAsync();
        // The kernel's own link-local addresses pass duplicate detection for a second or two: that is no write of ours.
        Shell.Run($"for i in $(seq 200); do ip -n {a.Name} addr show tentative | grep -q inet6 || exit 0; sleep 0.05; done; exit 1");
        var before = Shell.Run($"ip -n {world.Host(1)} link; ip -n {a.Name} addr");
        using var links = Shell.Start($"exec ip -n {world.Host(1)} monitor all");
        using var inside = Shell.Start($"exec ip -n {a.Name} monitor all");
        using var rules = Shell.Start($"exec ip netns exec {world.Host(1)} nft monitor");

        var again = await world.StartAgent(1);
        await again.Applied(a.Id, of);

        Assert.Equal(0, again.Local.Status().DriftRepaired);
        Assert.Equal("", Stop(rules));
        Assert.DoesNotContain("obr", Stop(links), StringComparison.Ordinal);
        Assert.Equal("", Stop(inside));
        Assert.Equal(before, Shell.Run($"ip -n {world.Host(1)} link; ip -n {a.Name} addr"));
        Assert.Contains("10.40.0.11", Shell.Run($"ip netns exec {a.Name} dig +short +tries=1 @127.0.0.11 {a.Name}"), StringComparison.Ordinal);
    }

    private static string Stop(System.Diagnostics.Process monitor)
    {
        monitor.Kill();
        return monitor.StandardOutput.ReadToEnd();
    }
}
