using System.Text.RegularExpressions;
using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Other people's packet filters on a host: what they drop of ours is told, with commands that mend it when they
/// are run as they stand.</summary>
public sealed partial class ForeignFirewallTests
{
    // As it would stand in somebody's /etc/nftables.conf.
    private const string Strict = """
        table inet strict {
          chain forward {
            type filter hook forward priority filter; policy drop;
            ct state vmap { established : accept, related : accept, invalid : drop }
            iifname "docker0" accept
          }
        }
        """;

    private const string EndsWithReject = """
        table inet firewall {
          chain forward { type filter hook forward priority filter + 10; policy accept;
            ct state established,related accept
            iifname "lan0" jump lan
            reject with icmpx admin-prohibited
          }
          chain lan { oifname { "eth0", "wlan*" } accept; }
        }
        """;

    [Theory]
    [InlineData("bridge", "nft", Strict, "nft delete table inet strict", "table inet strict, chain forward (policy drop)")]
    [InlineData("bridge", "nft", EndsWithReject, "nft delete table inet firewall", "table inet firewall, chain forward (rule 'reject")]
    [InlineData("overlay", "nft", Strict, "nft delete table inet strict", "table inet strict, chain forward (policy drop)")]
    [InlineData("bridge", "iptables", "iptables -P FORWARD DROP", "iptables -P FORWARD ACCEPT", "table ip filter, chain FORWARD (policy drop)")]
    [InlineData("overlay", "iptables", "iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A FORWARD -j REJECT", "iptables -D FORWARD -j REJECT", "table ip filter, chain FORWARD (rule 'reject'")]
    // What Docker leaves: its users' own chain is asked first.
    [InlineData("bridge", "docker", "iptables -P FORWARD DROP; iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -A DOCKER-USER -j RETURN; iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "iptables -P FORWARD ACCEPT", "iptables -I DOCKER-USER -i obr+ -j ACCEPT")]
    // What ufw leaves.
    [InlineData("bridge", "ufw", "iptables -P FORWARD DROP; iptables -N ufw-before-forward; iptables -A FORWARD -j ufw-before-forward; iptables -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A ufw-before-forward -p icmp -m icmp --icmp-type 3 -j ACCEPT; iptables -N ufw-reject-forward; iptables -A FORWARD -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix '[UFW BLOCK] '; iptables -A FORWARD -j ufw-reject-forward", "iptables -P FORWARD ACCEPT", "iptables -I FORWARD -o obr+ -j ACCEPT")]
    [InlineData("bridge", "legacy", "iptables-legacy -P FORWARD DROP; iptables-legacy -A FORWARD -i docker0 -m conntrack --ctstate NEW -j ACCEPT", "iptables-legacy -P FORWARD ACCEPT", "iptables-legacy -I FORWARD -i obr+ -j ACCEPT")]
    public async Task ForwardedPacketsDropped_AreTold_AndTheCommandsMendIt(string driver, string kind, string damage, string undo, string told)
    {
        await using var world = new TwoHosts();
        var (agent, web) = await Publish(world, driver, resync: kind == "legacy");
        Assert.True(GetsOut(world, web));
        Assert.True(IsPublished(world));
        Assert.Empty(Told(agent));

        Do(world, kind == "nft" ? $"nft -f - <<'END'\n{damage}\nEND" : damage);

        // Of several commands the first may be told of before the others are done.
        Shell.Until(() => Told(agent).Contains(told, StringComparison.Ordinal));
        Assert.False(GetsOut(world, web));
        Assert.False(IsPublished(world));

        foreach (var command in CommandsIn(Told(agent)))
            Do(world, command);

        Shell.Until(() => Told(agent).Length == 0);
        Assert.True(GetsOut(world, web), Ruleset(world));
        Assert.True(IsPublished(world), Ruleset(world));
        Do(world, undo);
        Assert.True(IsPublished(world));
        Assert.Empty(Told(agent));
    }

    [Theory]
    [InlineData("input", "iptables -P INPUT DROP; iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT")]
    [InlineData("output", "iptables -A OUTPUT -p udp --dport 4789 -j DROP")]
    [InlineData("nft", "nft 'table inet strict { chain input { type filter hook input priority 0; policy drop; iif lo accept; ct state established accept; tcp dport 22 accept; }; }'")]
    // Tunnels are not tracked: to others their packets are neither new nor established.
    [InlineData("nft", "nft 'table inet strict { chain input { type filter hook input priority 0; policy drop; iif lo accept; ct state established accept; ct state new udp dport 4789 accept; }; }'")]
    public async Task TunnelDropped_IsTold_AndTheCommandsMendIt(string kind, string damage)
    {
        await using var world = new TwoHosts();
        var first = await world.StartAgent(1);
        var second = await world.StartAgent(2);
        var network = world.Cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        world.Cluster.Join(network, "h2", 2);
        var (a, b) = (world.Cluster.AddSandbox("h1", world.Name("a")), world.Cluster.AddSandbox("h2", world.Name("b")));
        world.Cluster.Connect(a, network, 11);
        world.Cluster.Connect(b, network, 12);
        await first.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);
        await second.Applied(b.Id, Partitions.Roster("h2"), Partitions.Network(network.Id), Partitions.Hosts);
        // From the other side: what answers to a packet of ours is let in.
        bool Answers() => Shell.Try($"ip netns exec {b.Name} ping -c 1 -W 1 10.40.0.11").Code == 0;
        Shell.Until(Answers);
        Assert.Empty(Told(first));

        Do(world, damage);

        Shell.Until(() => Told(first).Contains("VXLAN", StringComparison.Ordinal));
        Assert.Contains(kind == "output" ? "chain OUTPUT" : kind == "nft" ? "nft insert rule inet strict input udp dport 4789 accept" : "iptables -I INPUT -p udp --dport 4789 -j ACCEPT", Told(first), StringComparison.Ordinal);
        Forget(world);
        Assert.False(Answers());
        foreach (var command in CommandsIn(Told(first)))
            Do(world, command);

        Shell.Until(() => Told(first).Length == 0);
        Forget(world);
        Shell.Until(Answers);
        // The other hosts' probes come through as well.
        Shell.Run($"ip netns exec {world.Host(2)} ping -c 1 -W 1 10.40.0.241");
        Assert.Empty(Told(second));
    }

    [Theory]
    [InlineData("nft 'table inet strict { chain forward { type filter hook forward priority 0; policy drop; iifname \"obr*\" accept; oifname \"obr*\" accept; }; }'")]
    [InlineData("nft 'table inet strict { set ours { type ipv4_addr; flags interval; elements = { 10.41.0.0/16 }; }; chain forward { type filter hook forward priority 0; policy drop; ip saddr @ours accept; ip daddr @ours accept; }; }'")]
    [InlineData("nft 'table inet strict { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }'")]
    [InlineData("iptables -P FORWARD DROP; iptables -N ours; iptables -A FORWARD -j ours; iptables -A ours -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A ours -i obr+ ! -o docker0 -j ACCEPT; iptables -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT")]
    public async Task FilterThatLetsOursThrough_IsNotTold(string rules)
    {
        await using var world = new TwoHosts();
        Do(world, rules);
        var (agent, web) = await Publish(world, "bridge", resync: false);

        Assert.Empty(Told(agent));
        Assert.True(GetsOut(world, web));
        Assert.True(IsPublished(world));
    }

    [Fact]
    public async Task HostWithoutNetworks_TellsNothing_UntilItCarriesOne()
    {
        await using var world = new TwoHosts();
        Do(world, "iptables -P FORWARD DROP");
        var agent = await world.StartAgent(1);
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Hosts);
        Assert.Empty(Told(agent));

        var network = world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        var endpoint = world.Cluster.Connect(a, network, 11);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        Assert.Contains("table ip filter, chain FORWARD (policy drop)", Told(agent), StringComparison.Ordinal);

        world.Cluster.Disconnect(endpoint, network);
        world.Cluster.Remove(a);
        world.Cluster.Leave(network, "h1");
        await agent.Applied(a.Id, Partitions.Roster("h1"));
        Assert.Empty(Told(agent));
    }

    private static async Task<(TestAgent Agent, SandboxRecord Web)> Publish(TwoHosts world, string driver, bool resync)
    {
        var agent = await world.StartAgent(1, with: o => resync ? o with { ResyncInterval = TimeSpan.FromMilliseconds(200) } : o);
        var network = world.Cluster.AddNetwork("front", driver, "10.41.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = [FakeCluster.Port(8080, 80)],
            Command = ["socat", "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:echo web"],
        });
        world.Cluster.Connect(web, network, 11);
        await agent.Applied(web.Id, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);
        Shell.Until(() => Shell.Try($"ip netns exec {web.Name} ss -Hltn sport = :80 | grep -q LISTEN").Code == 0);
        return (agent, web);
    }

    private static bool GetsOut(TwoHosts world, SandboxRecord web) => Shell.Try($"ip netns exec {web.Name} ping -c 1 -W 1 192.0.2.9").Code == 0;

    private static bool IsPublished(TwoHosts world) =>
        Shell.Try($"ip netns exec {world.Outside} socat -T1 - TCP:192.0.2.1:8080,connect-timeout=1 </dev/null") is (0, "web\n");

    private static string Told(TestAgent agent) => string.Join('\n', agent.Local.Status().Problems.Where(p => p.StartsWith("table ", StringComparison.Ordinal)));

    private static string Ruleset(TwoHosts world) => Shell.Run($"ip netns exec {world.Host(1)} sh -c 'nft list ruleset; iptables-legacy-save 2>/dev/null'");

    private static void Do(TwoHosts world, string commands) => Shell.Run($"ip netns exec {world.Host(1)} sh -e <<'COMMANDS'\n{commands}\nCOMMANDS");

    // Tracked tunnels would be let in as established.
    private static void Forget(TwoHosts world) => Shell.Try($"ip netns exec {world.Host(1)} conntrack -F; ip netns exec {world.Host(2)} conntrack -F");

    private static IEnumerable<string> CommandsIn(string told) => Quoted().Matches(told).Select(m => m.Groups["command"].Value);

    [GeneratedRegex("'(?<command>(?:nft|ip6?tables)[^']*)'")]
    private static partial Regex Quoted();
}
