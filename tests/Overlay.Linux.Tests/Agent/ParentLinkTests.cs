using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>macvlan, ipvlan and VLAN links that somebody else changes, or whose parent changes.</summary>
public sealed class ParentLinkTests
{
    [Fact]
    public Task Macvlan_ParentsMtuDownAndUpAgain_IsFollowed() => FollowsMtu("macvlan", "bridge", "eth0");

    [Theory]
    [Trait("Kernel", "vm")]
    [InlineData("macvlan", "bridge", "eth0.20")]
    [InlineData("ipvlan", "l2", "eth0")]
    public Task ParentsMtuDownAndUpAgain_IsFollowed(string driver, string mode, string parent) => FollowsMtu(driver, mode, parent);

    [Fact]
    public Task Macvlan_ModeThatSomebodyChanged_IsPutBack() =>
        KeepsMode("macvlan", "bridge", "type macvlan mode private", "macvlan mode bridge");

    [Fact]
    [Trait("Kernel", "vm")]
    public Task Ipvlan_ModeThatSomebodyChanged_IsPutBack() => KeepsMode("ipvlan", "l2", "type ipvlan mode l3 private", "ipvlan  mode l2 bridge");

    [Fact]
    public Task Macvlan_ParentDeletedAndMadeAgain_IsUsedAgain() => FindsItsParent("macvlan", "bridge", "spare");

    [Theory]
    [Trait("Kernel", "vm")]
    [InlineData("macvlan", "bridge", "spare.20")]
    [InlineData("ipvlan", "l2", "spare")]
    public Task ParentDeletedAndMadeAgain_IsUsedAgain(string driver, string mode, string parent) => FindsItsParent(driver, mode, parent);

    [Fact]
    public void KernelWithoutIpvlanOrVlan_SaysSo_AndAKernelWithThemMakesThem()
    {
        using var trial = new TrialNamespaces();
        var host = trial["host"];
        host.Apply([new AddBridge("br")]);
        foreach (var (link, lacks) in new (AddLink, string)[]
        {
            (new AddIpvlan("iv", "br", new(IpvlanMode.L2, IpvlanFlag.Bridge)), "this kernel has no ipvlan (CONFIG_IPVLAN); load module ipvlan"),
            (new AddVlan("br.20", "br", 20), "this kernel has no VLAN links (CONFIG_VLAN_8021Q); load module 8021q"),
        })
        {
            var failure = Record.Exception(() => host.Apply([link]));
            if (failure is null)
                Assert.NotNull(host.FindLink(link.Name));
            else
                Assert.Contains(lacks, Assert.IsType<KernelException>(failure).Message, StringComparison.Ordinal);
        }
    }

    private static async Task FollowsMtu(string driver, string mode, string parent)
    {
        await using var world = new TwoHosts();
        var (_, sandbox) = await Connect(world, driver, mode, parent);
        var index = Shell.Run($"ip -n {sandbox} -o link show eth0 | cut -d: -f1");
        foreach (var mtu in new[] { 1400, 1500 })
        {
            Shell.Run($"ip -n {world.Host(1)} link set eth0 mtu {mtu}");
            Shell.Until(() => Shell.Try($"ip -n {sandbox} link show eth0 | grep -q 'mtu {mtu} ' && ip -n {world.Host(1)} link show {parent} | grep -q 'mtu {mtu} '").Code == 0);
        }
        Assert.Equal(index, Shell.Run($"ip -n {sandbox} -o link show eth0 | cut -d: -f1"));
    }

    private static async Task KeepsMode(string driver, string mode, string change, string expected)
    {
        await using var world = new TwoHosts();
        var (agent, sandbox) = await Connect(world, driver, mode, "eth0");
        Shell.Run($"ip -n {sandbox} link set eth0 {change}");
        Shell.Until(() => Shell.Try($"ip -n {sandbox} -o -d link show eth0 | grep -F '{expected}' && ip netns exec {sandbox} ping -c 1 -W 1 192.0.2.9").Code == 0);
        Assert.NotEqual(0, agent.Local.Status().DriftRepaired);
    }

    private static async Task FindsItsParent(string driver, string mode, string parent)
    {
        await using var world = new TwoHosts();
        var make = $"ip -n {world.Host(1)} link add spare type veth peer name far netns {world.Outside} && ip -n {world.Host(1)} link set spare up && ip -n {world.Outside} link set far up";
        // The other end leads nowhere: that the link and its address are there is what is asked.
        Shell.Run(make);
        var (_, sandbox) = await Connect(world, driver, mode, parent);
        Shell.Run($"ip -n {world.Host(1)} link del spare");
        Shell.Until(() => Shell.Try($"ip -n {sandbox} link show eth0").Code != 0);
        Shell.Run(make);
        Shell.Until(() => Shell.Try($"ip -n {sandbox} -o addr show eth0 | grep -F ' 192.0.2.60/' && ip -n {sandbox} route show default | grep -q 192.0.2.9").Code == 0);
    }

    private static async Task<(TestAgent Agent, string Sandbox)> Connect(TwoHosts world, string driver, string mode, string parent)
    {
        var agent = await world.StartAgent(1);
        var network = ParentNetworkTests.Add(world, driver, ["192.0.2.0/24"], ("parent", parent), ($"{driver}_mode", mode), ("ipvlan_flag", "bridge"));
        world.Cluster.Join(network, "h1", 1);
        var sandbox = world.Cluster.AddSandbox("h1", world.Name("a"));
        world.Cluster.Connect(sandbox, network, 60);
        await agent.Applied(sandbox.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        return (agent, sandbox.Name);
    }
}
