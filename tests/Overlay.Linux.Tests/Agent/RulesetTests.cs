using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>The whole filter of a host, as nft prints it.</summary>
public sealed class RulesetTests
{
    [Fact]
    public async Task Host_WithAnOverlayAnInternalBridgeAndPorts_HasThisTable()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var cluster = world.Cluster;
        var shop = cluster.AddNetwork(Network("11111111111", "shop", "overlay", "10.40.0.0/24", "fd40::/64") with { Vni = 0x100007 });
        var front = cluster.AddNetwork(Network("22222222222", "front", "bridge", "10.41.0.0/24") with
        {
            Internal = true,
            Options = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("bridge.enable_icc", "false"),
        });
        cluster.Join(shop, "h1", 1);
        cluster.Join(front, "h1", 1);
        var web = cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = [FakeCluster.Port(8080, 80), FakeCluster.Port(5353, 53, "udp") with { HostAddress = Address.Parse("192.0.2.1") }],
        });
        cluster.Connect(web, shop, 11);
        cluster.Connect(web, front, 12);
        await agent.Applied(web.Id, Partitions.Roster("h1"), Partitions.Hosts, Partitions.Network(shop.Id), Partitions.Network(front.Id));

        // The host is a member as soon as the cluster has heard of it.
        var text = "";
        Shell.Until(() => (text = Shell.Run($"ip netns exec {world.Host(1)} nft list table inet overlay")).Contains("{ 192.0.2.1 }", StringComparison.Ordinal));

        Assert.Equal(Expected, text.Replace("\t", "  ", StringComparison.Ordinal), ignoreLineEndingDifferences: true);
    }

    private static NetworkRecord Network(string id, string name, string driver, params string[] subnets) => new()
    {
        Id = ObjectId.Parse(id.PadRight(32, '0')),
        Name = name,
        Driver = driver,
        GatewayMac = MacAddress.Parse("02:00:00:00:00:01"),
        Subnets = [.. subnets.Select(s => Prefix.Parse(s)).Select((p, i) => new SubnetRecord
        {
            Id = ObjectId.Parse((id + (char)('a' + i)).PadRight(32, '0')), Prefix = p, Gateway = p.Base.Next(1),
        })],
    };

    private const string Expected = """
        table inet overlay {
          comment "overlay:test/h1"
          set own_links {
            type ifname
            elements = { "obr11111111111",
                   "obr22222222222" }
          }

          set nat_links {
            type ifname
            elements = { "obr11111111111" }
          }

          set closed_links {
            type ifname
            elements = { "obr22222222222" }
          }

          set internal_links {
            type ifname
            elements = { "obr22222222222" }
          }

          set same_link {
            type ifname . ifname
            elements = { "obr11111111111" . "obr11111111111",
                   "obr22222222222" . "obr22222222222" }
          }

          set members4 {
            type ipv4_addr
            elements = { 192.0.2.1 }
          }

          set members6 {
            type ipv6_addr
          }

          set vnis {
            typeof @th,96,24
            elements = { 0x100007 }
          }

          map ports4_any {
            type inet_proto . inet_service : ipv4_addr . inet_service
            elements = { tcp . 8080 : 10.40.0.11 . 80 }
          }

          map ports4_at {
            type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service
            elements = { udp . 192.0.2.1 . 5353 : 10.40.0.11 . 53 }
          }

          map ports6_any {
            type inet_proto . inet_service : ipv6_addr . inet_service
            elements = { tcp . 8080 : fd40::b . 80 }
          }

          map ports6_at {
            type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service
          }

          chain published {
            ip version 4 meta l4proto { tcp, udp } dnat ip to meta l4proto . ip daddr . th dport map @ports4_at
            ip version 4 meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @ports4_any
            ip6 version 6 meta l4proto { tcp, udp } dnat ip6 to meta l4proto . ip6 daddr . th dport map @ports6_at
            ip6 version 6 meta l4proto { tcp, udp } dnat ip6 to meta l4proto . th dport map @ports6_any
          }

          chain tunnels {
            iifname @own_links ip daddr @members4 counter packets 0 bytes 0 drop
            iifname @own_links ip6 daddr @members6 counter packets 0 bytes 0 drop
            ip daddr 192.0.2.1 ip saddr != @members4 counter packets 0 bytes 0 drop
            ip daddr != 192.0.2.1 @th,96,24 @vnis fib daddr type local counter packets 0 bytes 0 drop
            meta nfproto ipv6 @th,96,24 @vnis fib daddr type local counter packets 0 bytes 0 drop
            ip daddr 192.0.2.1 notrack
          }

          chain guard {
            type filter hook prerouting priority raw; policy accept;
            iifname @own_links ip daddr 127.0.0.0/8 counter packets 0 bytes 0 drop
            udp dport 4789 jump tunnels
          }

          chain untracked {
            type filter hook output priority raw; policy accept;
            ip saddr 192.0.2.1 udp dport 4789 ip daddr @members4 notrack
          }

          chain prerouting {
            type nat hook prerouting priority dstnat; policy accept;
            ip daddr 127.0.0.0/8 return
            fib daddr type local jump published
          }

          chain output {
            type nat hook output priority -100; policy accept;
            ip6 daddr ::1 return
            fib daddr type local jump published
          }

          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            iifname . oifname @same_link ct status dnat masquerade
            fib saddr type local oifname @own_links ct status dnat masquerade
            iifname @nat_links oifname != @own_links masquerade
          }

          chain originated {
            type filter hook output priority filter; policy accept;
            oifname @own_links ip saddr != 0.0.0.0 fib saddr type != local counter packets 0 bytes 0 drop
            oifname @own_links ip6 saddr != :: fib saddr type != local counter packets 0 bytes 0 drop
          }

          chain forward {
            type filter hook forward priority filter; policy accept;
            iifname . oifname @same_link iifname != @closed_links accept
            ct state established,related accept
            iifname @internal_links counter packets 0 bytes 0 drop
            oifname @internal_links counter packets 0 bytes 0 drop
            ct status dnat accept
            oifname @own_links counter packets 0 bytes 0 drop
          }
        }

        """;
}
