using Overlay.Agent.Firewalls;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>A new TCP connection from 10.1.0.2 behind obr1 out of eth0 to 193.0.14.129:443, through chains as nft prints them.</summary>
public sealed class PacketWalkTests
{
    private static readonly Packet Outgoing = new("obr1", "eth0", Address.Parse("10.1.0.2"), Address.Parse("193.0.14.129"), Packet.Tcp, 50_000, 443);

    [Theory]
    [InlineData("drop", "Dropped")]
    [InlineData("counter reject with icmpx admin-prohibited", "Dropped")]
    [InlineData("iifname \"obr*\" counter drop", "Dropped")]
    [InlineData("iifname \"obr2\" drop", "Accepted")]
    [InlineData("iifname != \"docker0\" drop", "Dropped")]
    [InlineData("iifname { \"lo\", \"obr*\" } oifname \"eth0\" drop", "Dropped")]
    [InlineData("oifname != { \"eth0\", \"wlan0\" } drop", "Accepted")]
    [InlineData("ip saddr 10.0.0.0/8 ip daddr != 10.0.0.0/8 drop", "Dropped")]
    [InlineData("ip saddr 10.1.0.3-10.1.0.9 drop", "Accepted")]
    [InlineData("ip6 saddr != fd00::/8 drop", "Accepted")]
    [InlineData("udp dport != 53 drop", "Accepted")]
    [InlineData("meta l4proto 6 tcp dport { 80, 440-450 } drop", "Dropped")]
    [InlineData("meta l4proto { udp, icmp } drop", "Accepted")]
    [InlineData("meta nfproto ipv4 ct state new drop", "Dropped")]
    [InlineData("ct state established,related drop", "Accepted")]
    [InlineData("ct state != { established, related } drop", "Dropped")]
    [InlineData("ct state vmap { invalid : drop, established : accept, new : jump other }", "Dropped")]
    [InlineData("ct state vmap { invalid : drop, established : accept, related : accept }", "Accepted")]
    [InlineData("iifname vmap { \"eth0\" : drop, \"obr*\" : accept }\ndrop", "Accepted")]
    [InlineData("ct status dnat accept\ndrop", "Dropped")]
    [InlineData("meta mark & 0x000000ff == 0x00000001 accept\ndrop", "Dropped")]
    [InlineData("ip saddr @ours accept\ndrop", "Accepted")]
    [InlineData("ip saddr != @ours accept\ndrop", "Dropped")]
    [InlineData("jump empty\ndrop", "Dropped")]
    [InlineData("goto empty\ndrop", "Accepted")]
    [InlineData("jump back\naccept", "Accepted")]
    [InlineData("log prefix \"drop accept\" level warn\ncounter drop comment \"no accept\"", "Dropped")]
    [InlineData("fib daddr type local accept\ndrop", "Dropped")]
    [InlineData("return\ndrop", "Accepted")]
    // What is not understood is never sure.
    [InlineData("ip saddr @unheard accept\ndrop", "Unsure")]
    [InlineData("xt match physdev accept\ndrop", "Unsure")]
    [InlineData("limit rate 3/minute drop", "Accepted")]
    [InlineData("limit rate 3/minute jump other\ndrop", "Dropped")]
    [InlineData("limit rate 3/minute jump accepts\ndrop", "Unsure")]
    [InlineData("iifname . oifname { \"obr1\" . \"eth0\" } accept\ndrop", "Unsure")]
    [InlineData("iifname \"docker0\" xt match physdev accept\ndrop", "Dropped")]
    [InlineData("queue\ndrop", "Unsure")]
    [InlineData("jump round\ndrop", "Unsure")]
    public void Packet_ThroughRules_HasTheFateThatTheKernelGivesIt(string rules, string fate) =>
        Assert.Equal(fate, Walk(rules, "accept").Fate.ToString());

    [Theory]
    [InlineData("iifname \"docker0\" accept", "Dropped")]
    [InlineData("jump empty", "Dropped")]
    [InlineData("iifname \"obr*\" accept", "Accepted")]
    [InlineData("tcp dport @unheard accept", "Unsure")]
    public void Policy_Drop_TakesWhatNothingAccepts(string rules, string fate) => Assert.Equal(fate, Walk(rules, "drop").Fate.ToString());

    [Fact]
    public void Drop_InAChainThatIsJumpedTo_NamesChainAndRule()
    {
        var fate = Walk("jump other", "accept");

        Assert.Equal(new PacketFate(Fate.Dropped, "other", "tcp dport 443 drop"), fate);
    }

    [Fact]
    public void Listing_OfChains_NamesOnlyTablesThatFilterRoutedPackets() => Assert.Equal(
        ["inet strict", "ip filter"],
        TableReader.Filtering("""
            table inet strict {
            	chain input {
            		type filter hook input priority filter; policy drop;
            	}
            }
            table ip nat {
            	chain POSTROUTING {
            		type nat hook postrouting priority srcnat; policy accept;
            	}
            }
            table bridge filter {
            	chain forward {
            		type filter hook forward priority filter; policy drop;
            	}
            }
            table ip filter {
            	chain FORWARD {
            		type filter hook forward priority filter + 10; policy accept;
            	}
            	chain DOCKER {
            	}
            }
            """));

    private static PacketFate Walk(string rules, string policy)
    {
        var table = TableReader.Read($$"""
            table inet t {
            	comment "anything: drop"
            	set ours {
            		type ipv4_addr
            		flags interval
            		elements = { 10.1.0.0/24, 192.0.2.1,
            			     192.0.2.9-192.0.2.12 }
            	}

            	chain forward {
            		type filter hook forward priority filter; policy {{policy}};
            {{rules}}
            	}

            	chain empty {
            	}

            	chain back {
            		tcp dport 443 return
            		drop
            	}

            	chain other {
            		counter
            		tcp dport 443 counter drop
            	}

            	chain accepts {
            		accept
            	}

            	chain round {
            		jump round
            	}
            }
            """);
        return new PacketWalk(table, Outgoing).Through(table.Chains["forward"]);
    }
}
