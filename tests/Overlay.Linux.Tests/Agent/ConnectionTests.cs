using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class ConnectionTests
{
    [Fact]
    public async Task RemovedEndpoint_LeavesNoTrackedConnection_OthersKeepTheirs()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var (a, b) = (world.Cluster.AddSandbox("h1", world.Name("a")), world.Cluster.AddSandbox("h1", world.Name("b")));
        var gone = world.Cluster.Connect(a, network, 11);
        world.Cluster.Connect(b, network, 12);
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Network(network.Id));
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 2 192.0.2.9 && ip netns exec {b.Name} ping -c 1 -W 2 192.0.2.9 && ip netns exec {world.Host(1)} ping -c 1 -W 2 10.40.0.11");

        world.Cluster.Disconnect(gone, network);
        await agent.Applied(null, Partitions.Network(network.Id));

        using var kernel = new Kernel();
        using var host = kernel.Open(world.Host(1));
        Assert.Equal(0, host.DeleteConnections(new ConnectionFilter { OriginalSource = Address.Parse("10.40.0.11") }, new ConnectionFilter { ReplySource = Address.Parse("10.40.0.11") }));
        Assert.Equal(1, host.DeleteConnections(new ConnectionFilter { OriginalSource = Address.Parse("10.40.0.12") }));
    }
}
