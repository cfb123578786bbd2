using Overlay.Contracts.Records;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class ChangeCostTests
{
    [Fact]
    public async Task Attach_OnAHostOfSixCrowdedNetworks_ReadsAndWritesAsMuchAsOnAnEmptyOne()
    {
        var small = await CostOf(networks: 1, remotes: 1, Attach);
        var crowded = await CostOf(networks: 6, remotes: 800, Attach);

        Assert.Equal(small, crowded);
        Assert.InRange(small.Reads, 1, 40);
    }

    [Fact]
    public async Task Detach_OnAHostOfSixCrowdedNetworks_ReadsAndWritesAsMuchAsOnAnEmptyOne()
    {
        var small = await CostOf(networks: 1, remotes: 1, Detach);
        var crowded = await CostOf(networks: 6, remotes: 800, Detach);

        Assert.Equal(small, crowded);
        Assert.InRange(small.Reads, 1, 40);
    }

    [Fact]
    public async Task EndpointElsewhere_OnAHostOfSixCrowdedNetworks_ReadsAndWritesAsMuchAsOnAnEmptyOne()
    {
        var small = await CostOf(networks: 1, remotes: 1, AttachElsewhere);
        var crowded = await CostOf(networks: 6, remotes: 800, AttachElsewhere);

        Assert.Equal(small, crowded);
        Assert.InRange(small.Reads, 1, 40);
    }

    [Fact]
    public async Task EchoOfOwnWrites_ReadsTheLinksThatWereWritten_AndWritesNothing()
    {
        using var world = new PassWorld();
        var networks = world.Fill(networks: 6, remotes: 200);
        await world.Follow(networks);
        world.Pass();
        var echo = world.Pass();

        // Of each network the bridge, the tunnel and the port, with addresses and routes; no neighbour, no forwarding entry.
        Assert.InRange(echo.Reads, 1, 6 * 10);
        Assert.Empty(echo.Writes);

        var quiet = world.Pass();
        Assert.Equal((0, 0), (quiet.Reads, quiet.Writes.Length));
    }

    private static void Attach(PassWorld world, NetworkRecord network) => world.Cluster.Connect(world.Cluster.AddSandbox("h1", "new"), network, 1001);

    private static void AttachElsewhere(PassWorld world, NetworkRecord network) => world.Cluster.Connect(world.Remote("new"), network, 1001);

    private static void Detach(PassWorld world, NetworkRecord network)
    {
        var partition = Partitions.Network(network.Id);
        var fields = world.Cluster.Control.Pull(partition, default, CancellationToken.None).Result.Changes;
        var here = fields.Where(f => f.Field.StartsWith(Fields.EndpointPrefix, StringComparison.Ordinal)).Select(f => RecordCodec.Decode<EndpointRecord>(f.Value!)).Last(e => e.Host == "h1");
        world.Cluster.Disconnect(here, network);
    }

    /// <summary>Of the pass that makes the change, and of the one that hears its echo.</summary>
    private static async Task<(int Reads, int Writes, int Echo)> CostOf(int networks, int remotes, Action<PassWorld, NetworkRecord> change)
    {
        using var world = new PassWorld();
        var filled = world.Fill(networks, remotes);
        // Another sandbox on it: what is measured is a change, and not the first or the last endpoint.
        world.Cluster.Connect(world.Cluster.AddSandbox("h1", "other"), filled[0], 1100);
        await world.Follow(filled);
        Assert.Empty(world.Pass().Problems);
        world.Pass();

        change(world, filled[0]);
        await world.Follow(filled);
        var made = world.Pass();
        var echo = world.Pass();

        Assert.Empty(made.Problems);
        Assert.Empty(echo.Writes);
        return (made.Reads, made.Writes.Length, echo.Reads);
    }
}
