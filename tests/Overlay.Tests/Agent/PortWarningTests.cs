using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>Published ports whose sandbox has its gateway where none can lead.</summary>
public sealed class PortWarningTests
{
    [Theory]
    [InlineData("macvlan", false)]
    [InlineData("ipvlan", false)]
    [InlineData("bridge", true)]
    public async Task PortsThatLeadNowhere_AreAWarningOfTheirSandbox_UntilTheyLeadSomewhere(string driver, bool isInternal)
    {
        await using var world = new AgentWorld();
        var parent = ImmutableDictionary<string, string>.Empty.Add("parent", "eth0").Add("macvlan_mode", "bridge").Add("ipvlan_mode", "l2").Add("ipvlan_flag", "bridge");
        var lan = world.Cluster.AddNetwork(world.Cluster.AddNetwork("lan", driver, "192.168.7.0/24") with
        {
            Internal = isInternal,
            Options = driver == "bridge" ? ImmutableDictionary<string, string>.Empty : parent,
        });
        var shop = world.Cluster.AddNetwork("shop", "bridge", "10.41.0.0/24");
        world.Cluster.Join(lan, "h1", 1);
        world.Cluster.Join(shop, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", "web", s => s with { Ports = [FakeCluster.Port(Random.Shared.Next(20_000, 30_000), 80)] });
        var agent = await world.StartAgent();
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(lan, shop));
        Assert.Null(agent.Local.SandboxStatus(web.Id)!.Problem);

        world.Cluster.Connect(web, lan, 11);
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(lan, shop));
        Assert.Contains("lead nowhere", agent.Local.SandboxStatus(web.Id)!.Problem!, StringComparison.Ordinal);
        Assert.Contains(agent.Local.Status().Problems, p => p.Contains("sandbox web lead nowhere", StringComparison.Ordinal));

        var better = world.Cluster.NewEndpoint(web, shop, 12) with { GatewayPriority = 1 };
        world.Cluster.Control.Put(Partitions.Network(shop.Id), Fields.Endpoint(better.Id), better);
        await agent.Applied(web.Id, AgentWorld.PartitionsOf(lan, shop));
        Assert.Null(agent.Local.SandboxStatus(web.Id)!.Problem);
    }
}
