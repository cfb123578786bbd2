using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>macvlan, ipvlan and VLAN parents: sandboxes on the physical network of their hosts.</summary>
public sealed class ParentNetworkTests
{
    private static readonly string[] Lan4 = ["192.0.2.0/24"];
    private static readonly string[] Both = ["192.0.2.0/24", "fd99::/64"];

    public static TheoryData<string, string> MacvlanModes => new() { { "bridge", "192.0.2.61" }, { "vepa", "192.0.2.61" }, { "private", "192.0.2.61" } };

    [Theory]
    [MemberData(nameof(MacvlanModes))]
    public async Task Macvlan_ReachesThePhysicalNetworkAndOtherHosts(string mode, string other)
    {
        await using var world = new TwoHosts();
        var network = Add(world, "macvlan", Both, ("macvlan_mode", mode), ("parent", "eth0"));
        await ReachesAll(world, network, other);
    }

    [Theory]
    [Trait("Kernel", "vm")]
    [InlineData("l2", "bridge")]
    [InlineData("l2", "private")]
    [InlineData("l2", "vepa")]
    [InlineData("l3", "bridge")]
    [InlineData("l3s", "bridge")]
    public async Task Ipvlan_ReachesThePhysicalNetworkAndOtherHosts(string mode, string flag)
    {
        await using var world = new TwoHosts();
        var network = Add(world, "ipvlan", Both, ("ipvlan_mode", mode), ("ipvlan_flag", flag), ("parent", "eth0"));
        if (mode != "l2")
        {
            // Nobody answers ARP for a routed one: the physical network has routes to it.
            foreach (var (host, address) in new[] { (2, 60), (1, 61) })
                Shell.Run($"ip -n {world.Host(host)} route add 192.0.2.{address}/32 via 192.0.2.{3 - host}; ip -n {world.Outside} route add 192.0.2.{address}/32 via 192.0.2.{3 - host}");
        }
        await ReachesAll(world, network, "192.0.2.61");
    }

    [Fact]
    public async Task Passthru_HasItsParentToItself()
    {
        await using var world = new TwoHosts();
        Shell.Run($"ip -n {world.Host(1)} link add spare type veth peer name far netns {world.Outside} && ip -n {world.Host(1)} link set spare up && ip -n {world.Outside} link set far up && ip -n {world.Outside} addr add 198.51.100.1/24 dev far");
        var network = Add(world, "macvlan", ["198.51.100.0/24"], ("macvlan_mode", "passthru"), ("parent", "spare"));
        var agent = await world.StartAgent(1);
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        world.Cluster.Connect(a, network, 60);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));

        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 2 198.51.100.1");
    }

    [Fact]
    public async Task DriftRestartAndRemoval_LeaveTheParentAlone()
    {
        await using var world = new TwoHosts();
        var before = Shell.Run($"ip -n {world.Host(1)} -o link | cut -d' ' -f2-12; ip netns exec {world.Host(1)} nft list ruleset");
        var network = Add(world, "macvlan", Lan4, ("macvlan_mode", "bridge"), ("parent", "eth0"));
        var agent = await world.StartAgent(1);
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        var endpoint = world.Cluster.Connect(a, network, 60);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        var made = Shell.Run($"ip -n {a.Name} -o -d link show eth0");
        Assert.Contains("macvlan mode bridge", made, StringComparison.Ordinal);
        Assert.Contains(endpoint.Mac.ToString(), made, StringComparison.Ordinal);
        Assert.Contains($"alias overlay:test/h1/{endpoint.Id}", made, StringComparison.Ordinal);

        foreach (var damage in new[] { "link del eth0", "addr flush dev eth0", "link set eth0 down", "route flush default" })
        {
            Shell.Run($"ip -n {a.Name} {damage}");
            Shell.Until(() => Shell.Try($"ip netns exec {a.Name} ping -c 1 -W 1 192.0.2.9 && ip -n {a.Name} route show default | grep -q 192.0.2.9").Code == 0);
        }

        made = Shell.Run($"ip -n {a.Name} -o -d link show eth0");
        await agent.DisposeAsync();
        world.Agents.Remove(agent);
        agent = await world.StartAgent(1);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        Assert.Equal(made, Shell.Run($"ip -n {a.Name} -o -d link show eth0"));

        world.Cluster.Disconnect(endpoint, network);
        await agent.Applied(a.Id, Partitions.Network(network.Id));
        Assert.Equal("lo", Shell.Run($"ip -n {a.Name} -o link | cut -d: -f2").Trim());
        world.Cluster.Remove(a);
        world.Cluster.Leave(network, "h1");
        await agent.Applied(a.Id, Partitions.Roster("h1"));
        Assert.Equal(before, Shell.Run($"ip -n {world.Host(1)} -o link | cut -d' ' -f2-12; ip netns exec {world.Host(1)} nft list ruleset"));
    }

    [Fact]
    public async Task MissingParent_IsSaidAndTriedAgain()
    {
        await using var world = new TwoHosts();
        var network = Add(world, "macvlan", Lan4, ("macvlan_mode", "bridge"), ("parent", "spare"));
        var agent = await world.StartAgent(1);
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        world.Cluster.Connect(a, network, 60);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id)));
        Assert.Contains("there is no link spare", refusal.Message, StringComparison.Ordinal);

        Shell.Run($"ip -n {world.Host(1)} link add spare type veth peer name far && ip -n {world.Host(1)} link set spare up");
        Shell.Until(() => Shell.Try($"ip -n {a.Name} -o addr show eth0 | grep -q 192.0.2.60").Code == 0);
    }

    [Fact]
    [Trait("Kernel", "vm")]
    public async Task IpvlanNetworksOfTwoModesOnOneParent_TheSecondWaits_TheFirstGoesOn()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (first, second) = (Add(world, "ipvlan", Lan4, ("ipvlan_mode", "l2"), ("ipvlan_flag", "bridge"), ("parent", "eth0")),
            Add(world, "ipvlan", ["198.51.100.0/24"], ("ipvlan_mode", "l3"), ("ipvlan_flag", "private"), ("parent", "eth0")));
        world.Cluster.Join(first, "h1", 1);
        world.Cluster.Join(second, "h1", 1);
        var (a, b) = (world.Cluster.AddSandbox("h1", world.Name("a")), world.Cluster.AddSandbox("h1", world.Name("b")));
        var holder = world.Cluster.Connect(a, first, 60);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(first.Id));
        var made = Shell.Run($"ip -n {a.Name} -o -d link show eth0");

        world.Cluster.Connect(b, second, 60);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => agent.Applied(b.Id, Partitions.Roster("h1"), Partitions.Network(second.Id)));
        Assert.Contains($"link eth0 carries ipvlan l2 bridge for network {first.Name}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(made, Shell.Run($"ip -n {a.Name} -o -d link show eth0"));
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 2 192.0.2.9");

        world.Cluster.Disconnect(holder, first);
        await agent.Applied(b.Id, Partitions.Network(first.Id), Partitions.Network(second.Id));
        Assert.Contains("ipvlan  mode l3 private", Shell.Run($"ip -n {b.Name} -o -d link show eth0"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Kernel", "vm")]
    public async Task VlanParent_IsMadeSharedAndRemoved_AForeignOneIsLeft()
    {
        await using var world = new TwoHosts();
        Shell.Run($"ip -n {world.Outside} link add link eth0 name eth0.20 type vlan id 20 && ip -n {world.Outside} link set eth0.20 up && ip -n {world.Outside} addr add 198.51.100.1/24 dev eth0.20");
        var agent = await world.StartAgent(1);
        var (first, second) = (Add(world, "macvlan", ["198.51.100.0/25"], ("macvlan_mode", "bridge"), ("parent", "eth0.20")),
            Add(world, "macvlan", ["198.51.100.128/25"], ("macvlan_mode", "bridge"), ("parent", "eth0.20")));
        world.Cluster.Join(first, "h1", 1);
        world.Cluster.Join(second, "h1", 1);
        var (a, b) = (world.Cluster.AddSandbox("h1", world.Name("a")), world.Cluster.AddSandbox("h1", world.Name("b")));
        var (on, other) = (world.Cluster.Connect(a, first, 60), world.Cluster.Connect(b, second, 60));
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Network(first.Id), Partitions.Network(second.Id));
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 2 198.51.100.1");

        world.Cluster.Disconnect(on, first);
        await agent.Applied(null, Partitions.Network(first.Id));
        Shell.Run($"ip -n {world.Host(1)} link show eth0.20 && ip -n {b.Name} link show eth0");
        world.Cluster.Disconnect(other, second);
        await agent.Applied(null, Partitions.Network(second.Id));
        Shell.Run($"! ip -n {world.Host(1)} link show eth0.20");

        Shell.Run($"ip -n {world.Host(1)} link add link eth0 name eth0.20 type vlan id 20 && ip -n {world.Host(1)} link set eth0.20 up");
        on = world.Cluster.Connect(a, first, 61);
        await agent.Applied(a.Id, Partitions.Network(first.Id));
        Shell.Run($"ip netns exec {a.Name} ping -c 1 -W 2 198.51.100.1");
        world.Cluster.Disconnect(on, first);
        await agent.Applied(null, Partitions.Network(first.Id));
        Shell.Run($"ip -n {world.Host(1)} link show eth0.20");
    }

    internal static NetworkRecord Add(TwoHosts world, string driver, string[] subnets, params (string Key, string Value)[] options) =>
        world.Cluster.AddNetwork(new NetworkRecord
        {
            Id = world.Cluster.NewId(),
            Name = "lan" + world.Cluster.NewId().LinkSuffix,
            Driver = driver,
            Subnets = [.. subnets.Select(s => Prefix.Parse(s)).Select(p => new SubnetRecord { Id = world.Cluster.NewId(), Prefix = p, Gateway = p.Base.Next(9) })],
            Options = options.ToImmutableDictionary(o => o.Key, o => o.Value),
        });

    private static async Task ReachesAll(TwoHosts world, NetworkRecord network, string other)
    {
        var agents = new[] { await world.StartAgent(1), await world.StartAgent(2) };
        var sandboxes = new[] { world.Cluster.AddSandbox("h1", world.Name("a")), world.Cluster.AddSandbox("h2", world.Name("b")) };
        for (var i = 0; i < 2; i++)
        {
            world.Cluster.Join(network, $"h{i + 1}", i + 1);
            world.Cluster.Connect(sandboxes[i], network, 60 + i);
        }
        for (var i = 0; i < 2; i++)
            await agents[i].Applied(sandboxes[i].Id, Partitions.Roster($"h{i + 1}"), Partitions.Network(network.Id));

        Shell.Run($"ip netns exec {sandboxes[0].Name} ping -c 1 -W 2 192.0.2.9");
        Shell.Run($"ip netns exec {sandboxes[0].Name} ping -c 1 -W 2 {other}");
        Assert.Equal(other, Shell.Run($"ip netns exec {sandboxes[0].Name} dig +short +tries=1 +time=2 @127.0.0.11 {sandboxes[1].Name}").Trim());
        if (network.Options.GetValueOrDefault("ipvlan_mode", "l2") == "l2")
            Shell.Run($"ip netns exec {sandboxes[0].Name} ping -6 -c 1 -W 2 fd99::3d");
    }
}
