using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class AddressProbeTests
{
    [Theory]
    [InlineData("macvlan", "bridge")]
    [InlineData("macvlan", "private")]
    [InlineData("macvlan", "passthru")]
    [InlineData("ipvlan", "l2")]
    public async Task AddressInUse_IsAProblemThatNamesTheHolder_AndIsNotSetUntilItIsFree(string driver, string mode)
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork(driver, mode);
        var taken = Address.Parse("10.50.1.11");
        world.Stranger.Apply([new AddAddress("eth0", taken, 24)]);
        var (sandbox, endpoint) = world.Connect(network, "web", 11);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network)));

        Assert.Equal(ErrorCodes.ApplyFailed, refusal.Code);
        Assert.Contains($"address {taken} is in use on eth0 by {world.Stranger.FindLink("eth0")!.Mac}: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--aux-address", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(taken.ToString(), world.AddressesOf("web"));

        world.Stranger.Apply([new RemoveAddress("eth0", taken, 24)]);
        await ParentWorld.Until(() => world.AddressesOf("web").Count == 2);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        Assert.Contains(world.World.Kernel.Log, w => w.StartsWith($"announcing {taken} at {world.LinkOf("web")!.Mac}", StringComparison.Ordinal));
        Assert.NotEqual(default, endpoint.Id);
    }

    [Fact]
    public async Task AddressInUse_HoldsUpNeitherTheOtherFamilyNorOtherSandboxes()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork();
        world.Stranger.Apply([new AddAddress("eth0", Address.Parse("10.50.1.11"), 24)]);
        var (held, _) = world.Connect(network, "held", 11);
        var (other, _) = world.Connect(network, "other", 12);
        await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(held.Id, AgentWorld.PartitionsOf(network)));
        await agent.Applied(other.Id, AgentWorld.PartitionsOf(network));
        Assert.Equal(["10.50.1.12", "fd50:1::c"], world.AddressesOf("other").Order());
        Assert.Equal(["fd50:1::b"], world.AddressesOf("held"));
    }

    [Fact]
    public async Task WhileTheNetworkIsAsked_AllAreAskedAndNothingElseWaits()
    {
        const int sandboxes = 100;
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var answers = new TaskCompletionSource();
        world.World.Kernel.Answers = answers.Task;
        var network = world.AddNetwork();
        var connected = Enumerable.Range(0, sandboxes).Select(i => world.Connect(network, $"s{i}", 11 + i)).ToList();
        PartitionRevision[] targets = [.. AgentWorld.PartitionsOf(network).Select(p => new PartitionRevision(p, world.World.Cluster.Control.RevisionOf(p)))];
        var applied = agent.Local.WaitApplied([.. targets], connected[0].Sandbox.Id, TimeSpan.FromSeconds(20), default);
        var all = agent.Local.WaitApplied([.. targets], null, TimeSpan.FromSeconds(20), default);
        await ParentWorld.Until(() => world.Asked.Count() == 2 * sandboxes);

        // Somebody else's change goes through meanwhile, and nobody is asked twice.
        var bridge = world.World.Cluster.AddNetwork("front", "bridge", "10.60.0.0/24");
        world.World.Cluster.Join(bridge, "h1", 1);
        var (front, _) = world.Connect(bridge, "front", 11);
        await agent.Applied(front.Id, AgentWorld.PartitionsOf(bridge));
        Assert.Equal(2 * sandboxes, world.Asked.Count());
        Assert.Empty(world.AddressesOf("s0"));
        Assert.False(applied.IsCompleted || all.IsCompleted);

        answers.SetResult();
        await applied;
        await all;
        Assert.All(connected, c => Assert.Equal(2, world.AddressesOf(c.Sandbox.Name).Count));
        Assert.Equal(2 * sandboxes, world.Asked.Count());
    }

    [Fact]
    public async Task Command_StartsWhenItsAddressesAreThere()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var answers = new TaskCompletionSource();
        world.World.Kernel.Answers = answers.Task;
        var network = world.AddNetwork();
        var (sandbox, endpoint) = world.Connect(network, "web", 11);
        await ParentWorld.Until(() => world.Asked.Count() == 2);
        // Gone again before anyone has answered: nobody waits for it.
        world.World.Cluster.Disconnect(endpoint, network);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        answers.SetResult();
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        Assert.DoesNotContain(world.World.Kernel.Log, w => w.StartsWith("announcing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RestartedAgent_AsksForNothingThatIsSet_EvenIfSomebodyTookItMeanwhile()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork();
        var (sandbox, _) = world.Connect(network, "web", 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        await agent.DisposeAsync();
        world.Stranger.Apply([new AddAddress("eth0", Address.Parse("10.50.1.11"), 24)]);
        var before = world.World.Kernel.Log;

        var again = await world.World.StartAgent();
        await again.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));

        Assert.Equal(before, world.World.Kernel.Log);
    }

    [Fact]
    public async Task AddressThatWasTakenAway_IsAskedForBeforeItIsPutBack()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork();
        var (sandbox, _) = world.Connect(network, "web", 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        var asked = world.Asked.Count();
        using (var space = world.World.Kernel.Open("web"))
            space.Apply([new RemoveAddress("eth0", Address.Parse("10.50.1.11"), 24)]);
        await ParentWorld.Until(() => world.AddressesOf("web").Count == 2);
        Assert.Equal(["probing 10.50.1.11 on eth0 in web"], world.Asked.Skip(asked));
    }

    [Fact]
    public async Task RoutedIpvlan_IsNotAskedFor()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        var network = world.AddNetwork("ipvlan", "l3");
        var (sandbox, _) = world.Connect(network, "web", 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        Assert.Empty(world.Asked);
    }

    [Fact]
    public async Task AddressOfTheHostItself_IsRefused_ForItDoesNotHearItsOwn()
    {
        await using var world = new ParentWorld();
        var agent = await world.World.StartAgent();
        world.World.Kernel.Host.Apply([new AddAddress("eth0", Address.Parse("10.50.1.11"), 24)]);
        var network = world.AddNetwork();
        var (sandbox, _) = world.Connect(network, "web", 11);
        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network)));
        Assert.Contains("address 10.50.1.11 is in use by this host itself", refusal.Message, StringComparison.Ordinal);
    }
}
