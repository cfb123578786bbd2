using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Linux;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class WaitAppliedTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

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

    [Fact]
    public async Task Endpoint_WhoseLinkTheKernelKeeps_IsNotReleasedUntilItIsGone()
    {
        await using var world = new AgentWorld();
        var agent = await world.StartAgent();
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.43.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var sandbox = world.Cluster.AddSandbox("h1", "web");
        var endpoint = world.Cluster.Connect(sandbox, network, 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        // The first pass, its second look, and retries with back-off.
        for (var i = 0; i < 5; i++)
            world.Kernel.FailNext<DeleteLinkGroup>(16);
        world.Cluster.Disconnect(endpoint, network);
        PartitionRevision target = new(Partitions.Network(network.Id), world.Cluster.Control.RevisionOf(Partitions.Network(network.Id)));

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Local.WaitReleased(target, [endpoint.Id, sandbox.Id], Patience, default));

        Assert.Equal(ErrorCodes.ApplyFailed, refusal.Code);
        await world.Until(() => world.Kernel.Host.DumpLinks().All(l => !l.Name.StartsWith("ove", StringComparison.Ordinal)));
        while (!agent.Local.Status().Problems.IsEmpty)
            await Task.Delay(10);
        await agent.Local.WaitReleased(target, [endpoint.Id, sandbox.Id], Patience, default);
    }

    [Fact]
    public async Task Endpoint_RemovedInAViewFromDiskOnly_IsNotReleased()
    {
        await using var world = new AgentWorld();
        var agent = await world.StartAgent();
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.43.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        await agent.Applied(null, AgentWorld.PartitionsOf(network));
        await agent.DisposeAsync();
        world.Cluster.Control.IsAway = true;
        agent = await world.StartAgent();
        PartitionRevision target = new(Partitions.Network(network.Id), world.Cluster.Control.RevisionOf(Partitions.Network(network.Id)));
        await agent.Local.WaitApplied([target], null, Patience, default);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Local.WaitReleased(target, [new ObjectId(7)], TimeSpan.FromSeconds(1), default));

        Assert.Equal(ErrorCodes.Deadline, refusal.Code);
        world.Cluster.Control.IsAway = false;
        await agent.Local.WaitReleased(target, [new ObjectId(7)], Patience, default);
    }
}
