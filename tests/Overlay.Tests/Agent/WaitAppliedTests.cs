using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class WaitAppliedTests
{
    [Fact]
    public async Task NetworkThatIsNew_WhileTheRosterCannotBePulled_IsNotSaidToBeApplied()
    {
        await using var world = new AgentWorld();
        var agent = await world.StartAgent();
        await agent.Applied(null, AgentWorld.PartitionsOf());
        world.Cluster.Control.IsAway = true;
        var network = world.Cluster.AddNetwork("late", "bridge", "10.43.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var sandbox = world.Cluster.AddSandbox("h1", "late");
        world.Cluster.Connect(sandbox, network, 11);
        PartitionRevision target = new(Partitions.Network(network.Id), world.Cluster.Control.RevisionOf(Partitions.Network(network.Id)));

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Local.WaitApplied([target], sandbox.Id, TimeSpan.FromSeconds(1), default));

        Assert.Equal(ErrorCodes.Deadline, refusal.Code);
        world.Cluster.Control.IsAway = false;
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
    }
}
