using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class ParentShareTests
{
    [Theory]
    [InlineData("ipvlan l2 bridge", "ipvlan l3 bridge")]
    [InlineData("ipvlan l2 bridge", "ipvlan l2 private")]
    [InlineData("ipvlan l2 bridge", "macvlan bridge")]
    [InlineData("macvlan passthru", "macvlan bridge")]
    [InlineData("macvlan bridge", "macvlan passthru")]
    public async Task SecondNetwork_ThatWouldChangeTheFirst_IsAProblemThatNamesIt(string first, string second)
    {
        await using var world = new AgentWorld();
        var agent = await world.StartAgent();
        var (one, a) = await Connect(world, agent, "one", "10.50.0.0/24", first);
        var before = LinkOf(world, a);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => Connect(world, agent, "two", "10.51.0.0/24", second));

        Assert.Contains($"link eth0 carries {first} for network one, and not {second} for network two", refusal.Message, StringComparison.Ordinal);
        await agent.Applied(a.Id, AgentWorld.PartitionsOf(one));
        Assert.Equal(before, LinkOf(world, a));
    }

    [Theory]
    [InlineData("ipvlan l3 bridge", "ipvlan l3 bridge")]
    [InlineData("macvlan bridge", "macvlan vepa")]
    public async Task NetworksThatAgree_ShareAParent(string first, string second)
    {
        await using var world = new AgentWorld();
        var agent = await world.StartAgent();
        var (_, a) = await Connect(world, agent, "one", "10.50.0.0/24", first);
        var (_, b) = await Connect(world, agent, "two", "10.51.0.0/24", second);
        Assert.All([a, b], s => Assert.True(LinkOf(world, s).IsUp));
    }

    [Fact]
    public async Task WaitingNetwork_GetsTheParentWhenItsHolderLeaves_NotBefore()
    {
        await using var world = new AgentWorld();
        var agent = await world.StartAgent();
        var (one, a) = await Connect(world, agent, "one", "10.50.0.0/24", "ipvlan l2 bridge");
        await Assert.ThrowsAsync<RefusalException>(() => Connect(world, agent, "two", "10.51.0.0/24", "ipvlan l3 bridge"));
        var cluster = world.Cluster;
        using var b = world.Kernel.Open("two");

        // The holder's first endpoint goes and a younger one stays: still the holder.
        var c = cluster.AddSandbox("h1", "three");
        var younger = cluster.Connect(c, one, 12);
        await agent.Applied(c.Id, AgentWorld.PartitionsOf(one));
        cluster.Control.Delete(Partitions.Network(one.Id), Fields.Endpoint(EndpointOf(world, a)));
        await agent.Applied(c.Id, AgentWorld.PartitionsOf(one));
        Assert.DoesNotContain(b.DumpLinks(), l => l.Kind == "ipvlan");

        cluster.Disconnect(younger, one);
        await agent.Applied(null, AgentWorld.PartitionsOf(one));
        Assert.Equal(new IpvlanInfo(IpvlanMode.L3, IpvlanFlag.Bridge), b.DumpLinks().Single(l => l.Kind == "ipvlan").Ipvlan);
    }

    private static ObjectId EndpointOf(AgentWorld world, SandboxRecord sandbox) =>
        ObjectId.Parse(LinkOf(world, sandbox).Alias!.Split('/')[^1]);

    private static Link LinkOf(AgentWorld world, SandboxRecord sandbox)
    {
        using var space = world.Kernel.Open(sandbox.Name);
        return space.FindLink("eth0")!;
    }

    // "macvlan MODE" or "ipvlan MODE FLAG", in a sandbox of the network's name.
    private static async Task<(NetworkRecord Network, SandboxRecord Sandbox)> Connect(
        AgentWorld world, TestAgent agent, string name, string subnet, string kind)
    {
        var words = kind.Split(' ');
        var options = ImmutableDictionary<string, string>.Empty.Add("parent", "eth0").Add(words[0] + "_mode", words[1]);
        var prefix = Prefix.Parse(subnet);
        var network = world.Cluster.AddNetwork(new NetworkRecord
        {
            Id = world.Cluster.NewId(),
            Name = name,
            Driver = words[0],
            Subnets = [new SubnetRecord { Id = world.Cluster.NewId(), Prefix = prefix, Gateway = prefix.Base.Next(1) }],
            Options = words.Length > 2 ? options.Add("ipvlan_flag", words[2]) : options,
        });
        world.Cluster.Join(network, "h1", 1);
        var sandbox = world.Cluster.AddSandbox("h1", name);
        world.Cluster.Connect(sandbox, network, 11);
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(network));
        return (network, sandbox);
    }
}
