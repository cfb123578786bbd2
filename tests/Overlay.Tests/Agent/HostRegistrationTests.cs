using Overlay.Core.Addressing;
using Overlay.Linux;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class HostRegistrationTests
{
    [Fact]
    public async Task Routes_OfTheHost_AreToldToTheCluster_OursAndDefaultsAreNot_AndAgainWhenTheyChange()
    {
        await using var world = new AgentWorld();
        world.Kernel.Host.Apply(
        [
            new SetRoute(Prefix.Parse("10.201.0.0/16")) { Link = "eth0" },
            new SetRoute(Prefix.Parse("0.0.0.0/0")) { Link = "eth0" },
            new SetRoute(Prefix.Parse("128.0.0.0/1")) { Link = "eth0" },
        ]);
        var (sandbox, networks) = AgentWorld.Fill(world.Cluster);
        var agent = await world.StartAgent(resync: TimeSpan.FromMilliseconds(20));
        await agent.Applied(sandbox.Id, AgentWorld.PartitionsOf(networks));
        Prefix[] first = [Prefix.Parse("10.201.0.0/16"), Prefix.Parse("192.0.2.0/24")];
        await world.Registered(h => h.Routes.SequenceEqual(first));

        world.Kernel.Host.Apply([new SetRoute(Prefix.Parse("10.202.0.0/16")) { Link = "eth0" }]);
        await world.Registered(h => h.Routes.Contains(Prefix.Parse("10.202.0.0/16")) && !h.Routes.Any(Prefix.Parse("10.40.0.0/15").Overlaps));
    }
}
