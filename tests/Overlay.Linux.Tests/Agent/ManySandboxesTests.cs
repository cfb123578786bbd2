using Overlay.Contracts.Records;
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
}
