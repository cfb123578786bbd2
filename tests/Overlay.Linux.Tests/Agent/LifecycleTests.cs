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
        world.Cluster.Join(network, "h2", 2);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        var port = "ove" + world.Cluster.Connect(a, network, 11).Id.LinkSuffix;
        var mac = world.Cluster.Connect(new SandboxRecord { Id = world.Cluster.NewId(), Name = "far", Host = "h2", Hostname = "far" }, network, 12).Mac;
        world.Cluster.Control.Put(Partitions.Hosts, Fields.Host("h2"), new HostRecord { Name = "h2", MachineId = "2", Epoch = "2", UnderlayMtu = 1500, TunnelAddress = Core.Addressing.Address.Parse("192.0.2.2") });
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);
        var (host, bridge, tunnel) = (world.Host(1), "obr" + network.Id.LinkSuffix, "ovx" + network.Id.LinkSuffix);
        var (neighbour, entry) = ($"ip -n {host} neigh show dev {bridge} nud permanent | grep -q '10.40.0.12 lladdr {mac}'", $"bridge -n {host} fdb show br {bridge}");
        Shell.Run($"{neighbour} && {entry} | grep -q '{mac} dev {tunnel} dst 192.0.2.2'");

        foreach (var (damage, sound) in new[]
        {
            ($"ip -n {host} link del {tunnel}", $"ip -n {host} -d link show {tunnel} | grep -q 'neigh_suppress on'"),
            ($"ip -n {host} link set {bridge} down && ip -n {host} link set {bridge} up", $"{neighbour} && ip -n {host} route get 10.40.0.12 | grep -q 'src 10.40.0.241'"),
            ($"ip -n {host} neigh del 10.40.0.12 dev {bridge}", neighbour),
            ($"ip -n {host} neigh replace 10.40.0.12 lladdr 02:00:00:00:00:01 nud permanent dev {bridge}", neighbour),
            ($"ip -n {host} neigh add 10.40.0.99 lladdr 02:00:00:00:00:01 nud permanent dev {bridge}", $"! ip -n {host} neigh show dev {bridge} nud permanent | grep -q 10.40.0.99"),
            ($"bridge -n {host} fdb del {mac} dev {tunnel} master", $"{entry} | grep -q '{mac} dev {tunnel} sticky master {bridge} static'"),
            ($"bridge -n {host} fdb replace {mac} dev {port} master static", $"{entry} | grep -q '{mac} dev {tunnel} sticky master {bridge} static'"),
            ($"bridge -n {host} fdb del {mac} dev {tunnel} self", $"{entry} | grep -q '{mac} dev {tunnel} dst 192.0.2.2'"),
            ($"bridge -n {host} fdb replace {mac} dev {tunnel} self dst 192.0.2.77", $"{entry} | grep -q '{mac} dev {tunnel} dst 192.0.2.2'"),
            ($"bridge -n {host} fdb append {mac} dev {tunnel} self dst 192.0.2.78", $"! {entry} | grep -q 192.0.2.78"),
            ($"bridge -n {host} link set dev {tunnel} flood on", $"bridge -n {host} -d link show dev {tunnel} | grep -q 'flood off'"),
            ($"ip -n {host} link set {port} nomaster", $"bridge -n {host} link show dev {port} | grep -q {bridge}"),
            ($"ip -n {host} link set {tunnel} mtu 1000", $"ip -n {host} link show {tunnel} | grep -q 'mtu 1450'"),
            ($"ip -n {host} route replace 10.40.0.0/24 dev lo", $"ip -n {host} route show 10.40.0.0/24 | grep -q 'dev {bridge}'"),
            ($"ip netns exec {host} nft flush ruleset", $"ip netns exec {host} nft list set bridge overlay guarded | grep -q {port}"),
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
