using System.Text;
using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class LifecycleTests
{
    [Fact]
    public async Task EverythingRemoved_HostIsAsItWasBefore()
    {
        await using var world = new TwoHosts();
        var before = Footprint(world);
        var agent = await world.StartAgent(1);
        var cluster = world.Cluster;
        var shop = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24", "fd40::/64");
        var front = cluster.AddNetwork("front", "bridge", "10.41.0.0/24");
        cluster.Join(shop, "h1", 1);
        cluster.Join(front, "h1", 1);
        var a = cluster.AddSandbox("h1", world.Name("a"), s => s with { Command = ["sleep", "1000"], Ports = [FakeCluster.Port(8080, 80)] });
        var b = cluster.AddSandbox("h1", world.Name("b"));
        var endpoints = new[] { (cluster.Connect(a, shop, 11), shop), (cluster.Connect(a, front, 11), front), (cluster.Connect(b, shop, 12), shop) };
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(shop.Id), Partitions.Network(front.Id));
        Assert.NotEqual(before, Footprint(world));

        foreach (var (endpoint, network) in endpoints)
            cluster.Disconnect(endpoint, network);
        cluster.Remove(a);
        cluster.Remove(b);
        cluster.Leave(shop, "h1");
        cluster.Leave(front, "h1");
        await agent.Applied(a.Id, Partitions.Roster("h1"));

        Assert.Equal(before, Footprint(world));
        Assert.Empty(world.Sockets.Names);
        Assert.Equal(["view"], Directory.EnumerateFileSystemEntries(world.Options(1).StateDirectory)
            .Where(e => !Directory.Exists(e) || Directory.EnumerateFileSystemEntries(e).Any()).Select(e => Path.GetFileName(e)));
    }

    [Fact]
    public async Task KernelChangedByOthers_IsPutBack()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        world.Cluster.Connect(a, network, 11);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);
        var (host, bridge, tunnel) = (world.Host(1), "obr" + network.Id.LinkSuffix, "ovx" + network.Id.LinkSuffix);

        foreach (var (damage, sound) in new[]
        {
            ($"ip -n {host} link del {tunnel}", $"ip -n {host} -d link show {tunnel} | grep -q 'neigh_suppress on'"),
            ($"ip -n {host} addr flush dev {bridge}", $"ip -n {host} route get 10.40.0.11 | grep -q 'src 10.40.0.241'"),
            ($"ip netns exec {host} nft flush chain inet overlay forward", $"ip netns exec {host} nft list chain inet overlay forward | grep -q own_links"),
            ($"ip -n {a.Name} addr flush dev eth0", $"ip netns exec {a.Name} ping -c 1 -W 1 10.40.0.1"),
            ($"ip -n {a.Name} link del eth0", $"ip netns exec {a.Name} ping -c 1 -W 1 10.40.0.1"),
            ($"ip netns exec {a.Name} nft delete table inet overlay", $"ip netns exec {a.Name} dig +short +tries=1 +time=1 @127.0.0.11 {a.Name} | grep -q 10.40.0.11"),
        })
        {
            Shell.Run(damage);
            Shell.Run($"for i in $(seq 40); do {sound} >/dev/null 2>&1 && exit 0; sleep 0.05; done; echo not repaired: \"{damage}\"; exit 1");
        }
        Assert.True(agent.Local.Status().DriftRepaired > 0);
    }

    [Fact]
    public async Task Command_OutlivesTheAgent_AndIsStoppedByTheNext()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with { Command = ["sh", "-c", "echo ready; exec sleep 1000"] });
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        Shell.Run($"for i in $(seq 100); do ip netns pids {job.Name} | grep -q . && exit 0; sleep 0.05; done; exit 1");
        var pids = Shell.Run($"ip netns pids {job.Name}");
        await agent.DisposeAsync();

        var again = await world.StartAgent(1);
        await again.Applied(job.Id, Partitions.Roster("h1"));
        Assert.Equal(pids, Shell.Run($"ip netns pids {job.Name}"));
        Assert.Equal("running", again.Local.SandboxStatus(job.Id)!.State);
        Assert.Equal("ready\n", Encoding.UTF8.GetString((await again.Local.ReadLog(job.Id, 0, CancellationToken.None)).Bytes));

        world.Cluster.Update(job with { Started = false });
        await again.Applied(job.Id, Partitions.Roster("h1"));
        Assert.False(File.Exists($"/run/netns/{job.Name}"));
        Assert.Equal("stopped", again.Local.SandboxStatus(job.Id)!.State);
        Assert.All(pids.Split('\n', StringSplitOptions.RemoveEmptyEntries), pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    private static string Footprint(TwoHosts world) => Shell.Run(
        $"ip -n {world.Host(1)} -br link; ip -n {world.Host(1)} -br addr; ip -n {world.Host(1)} route; ip netns exec {world.Host(1)} nft list ruleset;"
        + $" ip netns exec {world.Host(1)} sysctl -a 2>/dev/null | grep -E 'forward|bridge-nf|route_localnet|accept_ra |disable_ipv6' ; ls /run/netns | grep {world.Unique}-[ab] || true;"
        + $" find {world.Options(1).NamespaceFiles} {world.Options(1).RunDirectory} -type f 2>/dev/null || true");
}
