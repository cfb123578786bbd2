using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class ManySandboxesTests
{
    private const int Sandboxes = 260;

    // libnftables waits with select(2): with a descriptor of 1024 or more it ends the process.
    [Fact]
    public async Task ManySandboxes_RulesAreStillWritten()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.40.0.0/16");
        world.Cluster.Join(network, "h1", 1);
        var sandboxes = Enumerable.Range(0, Sandboxes).Select(i => world.Cluster.AddSandbox("h1", world.Name($"s{i}"))).ToArray();
        for (var i = 0; i < Sandboxes; i++)
            world.Cluster.Connect(sandboxes[i], network, 10 + i);
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Network(network.Id));

        world.Cluster.Update(sandboxes[^1] with { Ports = [FakeCluster.Port(8080, 80)] });
        await agent.Applied(sandboxes[^1].Id, Partitions.Roster("h1"));

        Assert.Contains("8080", Shell.Run($"ip netns exec {world.Host(1)} nft list table inet overlay"), StringComparison.Ordinal);
        Shell.Run($"ip netns exec {sandboxes[^1].Name} dig +short +tries=1 +time=1 @127.0.0.11 {sandboxes[0].Name} | grep -q 10.40.0.10");
    }

    // The kernel keeps 1,024 neighbours that are not permanent, for the whole machine, and collects the rest.
    [Fact]
    public async Task ManyRemoteEndpoints_AllNeighboursStay()
    {
        const int remote = 1500;
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var cluster = world.Cluster;
        await cluster.Control.FirstRegistration;
        cluster.Control.Put(Partitions.Hosts, Fields.Host("h2"), cluster.Control.LastRegistered! with { Name = "h2", TunnelAddress = Address.Parse("192.0.2.2") });
        var network = cluster.AddNetwork("shop", "overlay", "10.40.0.0/16", "fd40::/64");
        cluster.Join(network, "h1", 1);
        cluster.Connect(cluster.AddSandbox("h1", world.Name("a")), network, 10);
        cluster.Control.PutAll(Partitions.Network(network.Id), Enumerable.Range(0, remote)
            .Select(i => cluster.NewEndpoint(new() { Id = cluster.NewId(), Name = $"r{i}", Hostname = $"r{i}", Host = "h2" }, network, 1000 + i))
            .Select(endpoint => (Fields.Endpoint(endpoint.Id), endpoint)));
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);

        foreach (var family in new[] { "-4", "-6" })
            Assert.Equal($"{remote}", Shell.Run($"ip -n {world.Host(1)} {family} neigh show nud permanent dev obr{network.Id.LinkSuffix} | grep -c lladdr").Trim());
    }
}
