using Overlay.Core.Addressing;

namespace Overlay.Agent.Desired;

/// <summary>
/// The table <c>inet overlay</c> of the host namespace. Its chains are the same however many networks, sandboxes and
/// ports there are: all of that stands in sets and maps, so that a packet's way stays as long as it is.
/// </summary>
internal static class HostRuleset
{
    public const string Table = "inet overlay";

    public const string OwnLinks = "own_links";
    public const string NatLinks = "nat_links";
    public const string ClosedLinks = "closed_links";
    public const string InternalLinks = "internal_links";
    public const string SameLink = "same_link";
    public const string Members4 = "members4";
    public const string Members6 = "members6";
    public const string Vnis = "vnis";
    public const string PortsAny4 = "ports4_any";
    public const string PortsAt4 = "ports4_at";
    public const string PortsAny6 = "ports6_any";
    public const string PortsAt6 = "ports6_at";

    public static readonly string[] Sets =
        [OwnLinks, NatLinks, ClosedLinks, InternalLinks, SameLink, Members4, Members6, Vnis, PortsAny4, PortsAt4, PortsAny6, PortsAt6];

    public static readonly string[] PortSets = [PortsAny4, PortsAt4, PortsAny6, PortsAt6];

    /// <summary>A protocol as nft prints it: by its number (IANA), for its name is not known on every host.</summary>
    public static string NumberOf(string protocol) => protocol == "udp" ? "17" : "6";

    /// <summary>Stands in the table's comment: whose table it is.</summary>
    public static string Comment(ObjectMark mark) => $"overlay:{mark.Cluster}/{mark.Host}";

    /// <summary>The body of the table, without elements.</summary>
    /// <remarks>
    /// Packets between members' tunnels are not tracked: each way has a port of its own to answer to, so a connection says
    /// nothing about them, and looking it up on both hosts costs a twentieth of a small packet. guard: a bridge takes
    /// packets for 127.0.0.0/8 (route_localnet), which must not come from a sandbox. tunnels: a VXLAN device takes packets
    /// of its VNI from anyone, at any address of the host; they are only between members, at the tunnel address, and a
    /// sandbox, which NAT would make a member of, gets no packet into one. prerouting: what arrives for 127.0.0.0/8 is no
    /// packet of the host's own (those are mapped in output), and the map would come before the kernel's look at where it
    /// is from: a neighbour would reach what is published at 127.0.0.1. output: nothing answers to ::1 from another link
    /// (there is no route_localnet for IPv6), so a client of [::1]:PORT is refused at once, and not left waiting.
    /// postrouting: a sandbox that reaches itself or a neighbour through a published port must see the answer come from
    /// where it asked; 127.0.0.1 cannot be answered from outside. originated: what a sandbox on an ipvlan network in mode
    /// l3 sends is routed here as if the host itself had sent it, and passes no forward chain. forward: networks are apart,
    /// internal ones have no way out, and who routes a subnet to this host reaches published ports only; the policy stays
    /// accept, for what is not ours is none of our business.
    /// </remarks>
    public static string Body(ObjectMark mark, Address tunnel, int vxlanPort)
    {
        var (family, members, otherFamily) = tunnel.IsV4 ? ("ip", Members4, "ipv6") : ("ip6", Members6, "ipv4");
        return $$"""
              comment "{{Comment(mark)}}"
              set {{OwnLinks}} { type ifname; }
              set {{NatLinks}} { type ifname; }
              set {{ClosedLinks}} { type ifname; }
              set {{InternalLinks}} { type ifname; }
              set {{SameLink}} { type ifname . ifname; }
              set {{Members4}} { type ipv4_addr; }
              set {{Members6}} { type ipv6_addr; }
              set {{Vnis}} { typeof @th,96,24; }
              map {{PortsAny4}} { type inet_proto . inet_service : ipv4_addr . inet_service; }
              map {{PortsAt4}} { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
              map {{PortsAny6}} { type inet_proto . inet_service : ipv6_addr . inet_service; }
              map {{PortsAt6}} { type inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service; }
              chain published {
                ip version 4 meta l4proto { tcp, udp } dnat ip to meta l4proto . ip daddr . th dport map @{{PortsAt4}}
                ip version 4 meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @{{PortsAny4}}
                ip6 version 6 meta l4proto { tcp, udp } dnat ip6 to meta l4proto . ip6 daddr . th dport map @{{PortsAt6}}
                ip6 version 6 meta l4proto { tcp, udp } dnat ip6 to meta l4proto . th dport map @{{PortsAny6}}
              }
              chain tunnels {
                iifname @{{OwnLinks}} ip daddr @{{Members4}} counter drop
                iifname @{{OwnLinks}} ip6 daddr @{{Members6}} counter drop
                {{family}} daddr {{tunnel}} {{family}} saddr != @{{members}} counter drop
                {{family}} daddr != {{tunnel}} @th,96,24 @{{Vnis}} fib daddr type local counter drop
                meta nfproto {{otherFamily}} @th,96,24 @{{Vnis}} fib daddr type local counter drop
                {{family}} daddr {{tunnel}} notrack
              }
              chain guard { type filter hook prerouting priority raw; policy accept;
                iifname @{{OwnLinks}} ip daddr 127.0.0.0/8 counter drop
                udp dport {{vxlanPort}} jump tunnels
              }
              chain untracked { type filter hook output priority raw; policy accept;
                {{family}} saddr {{tunnel}} udp dport {{vxlanPort}} {{family}} daddr @{{members}} notrack
              }
              chain prerouting { type nat hook prerouting priority dstnat; policy accept;
                ip daddr 127.0.0.0/8 return
                fib daddr type local jump published
              }
              chain output { type nat hook output priority -100; policy accept;
                ip6 daddr ::1 return
                fib daddr type local jump published
              }
              chain postrouting { type nat hook postrouting priority srcnat; policy accept;
                iifname . oifname @{{SameLink}} ct status dnat masquerade
                fib saddr type local oifname @{{OwnLinks}} ct status dnat masquerade
                iifname @{{NatLinks}} oifname != @{{OwnLinks}} masquerade
              }
              chain originated { type filter hook output priority filter; policy accept;
                oifname @{{OwnLinks}} ip saddr != 0.0.0.0 fib saddr type != local counter drop
                oifname @{{OwnLinks}} ip6 saddr != :: fib saddr type != local counter drop
              }
              chain forward { type filter hook forward priority filter; policy accept;
                iifname . oifname @{{SameLink}} iifname != @{{ClosedLinks}} accept
                ct state established,related accept
                iifname @{{InternalLinks}} counter drop
                oifname @{{InternalLinks}} counter drop
                ct status dnat accept
                oifname @{{OwnLinks}} counter drop
              }
            """;
    }
}

/// <summary>
/// The table of a sandbox that asks us for names. Port 53 of 127.0.0.11 is mapped to the port that is really listened
/// on, without connection tracking: holding 127.0.0.11:53 would make a workload's own bind of 0.0.0.0:53 fail, and DNAT
/// costs a quarter of the rate.
/// </summary>
internal static class SandboxRuleset
{
    public const string Table = "inet overlay";

    public static string Body(string comment, int port) =>
        $$"""
          comment "{{comment}}"
          chain names { type filter hook output priority raw; policy accept;
            ip daddr 127.0.0.11 udp dport 53 notrack udp dport set {{port}}
            ip daddr 127.0.0.11 tcp dport 53 notrack tcp dport set {{port}}
            ip saddr 127.0.0.11 udp sport {{port}} notrack udp sport set 53
            ip saddr 127.0.0.11 tcp sport {{port}} notrack tcp sport set 53
          }
        """;
}
