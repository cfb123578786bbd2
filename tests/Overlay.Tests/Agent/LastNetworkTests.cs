using Overlay.Contracts.Records;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>A host that carries no network any more.</summary>
public sealed class LastNetworkTests
{
    [Theory]
    [InlineData("bridge")]
    [InlineData("overlay")]
    public async Task StoppedSandboxThatIsRemoved_LeavesNoTable(string driver)
    {
        using var world = new PassWorld();
        var network = world.Cluster.AddNetwork("shop", driver, "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var sandbox = world.Cluster.AddSandbox("h1", "web");
        var endpoint = world.Cluster.Connect(sandbox, network, 11);
        await Pass(world, network);
        // The network stays here, and nothing is left to be guarded.
        world.Cluster.Update(sandbox with { Started = false });
        await Pass(world, network);
        Assert.NotNull(world.Host.Nftables.List("inet overlay"));
        Assert.NotNull(world.Host.Nftables.List("bridge overlay"));

        world.Cluster.Disconnect(endpoint, network);
        world.Cluster.Remove(sandbox);
        world.Cluster.Leave(network, "h1");
        await Pass(world);

        Assert.Null(world.Host.Nftables.List("inet overlay"));
        Assert.Null(world.Host.Nftables.List("bridge overlay"));
    }

    /// <summary>The pass that makes the change, and the one that hears its echo.</summary>
    private static async Task Pass(PassWorld world, params NetworkRecord[] networks)
    {
        await world.Follow(networks);
        Assert.Empty(world.Pass().Problems);
        Assert.Empty(world.Pass().Writes);
    }
}
