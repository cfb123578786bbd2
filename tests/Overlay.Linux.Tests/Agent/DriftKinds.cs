namespace Overlay.Linux.Tests.Agent;

/// <summary>Something that somebody else does to the kernel.</summary>
/// <param name="Command">As typed on the host; words in capitals are links, addresses and names of <see cref="DriftWorld"/>.</param>
/// <param name="IsSilent">The kernel tells nobody, or nothing that leads to it: the timer finds it.</param>
internal sealed record DriftKind(string Command, bool IsSilent = false);

internal static class DriftKinds
{
    private static readonly DriftKind[] Kinds =
    [
        // Forwarding entries of bridge and tunnel.
        new("bridge fdb del REMOTE-MAC dev TUNNEL master"),
        new("bridge fdb add 02:00:00:00:00:77 dev TUNNEL master static"),
        new("bridge fdb replace REMOTE-MAC dev TUNNEL master static"),
        new("bridge fdb replace REMOTE-MAC dev TUNNEL master permanent"),
        new("bridge fdb replace REMOTE-MAC dev VETH master static"),
        new("bridge fdb add 02:00:00:00:00:77 dev VETH master static"),
        new("bridge fdb add 02:00:00:00:00:77 dev VETH master permanent"),
        new("bridge fdb del REMOTE-MAC dev TUNNEL self"),
        new("bridge fdb add 02:00:00:00:00:77 dev TUNNEL self dst 192.0.2.9"),
        new("bridge fdb append 00:00:00:00:00:00 dev TUNNEL self dst 192.0.2.9"),
        new("bridge fdb replace REMOTE-MAC dev TUNNEL self dst 192.0.2.9"),
        // Neighbours.
        new("ip neigh del 10.40.0.12 dev BRIDGE"),
        new("ip neigh del fd40::c dev BRIDGE"),
        new("ip neigh replace 10.40.0.12 lladdr 02:00:00:00:00:77 dev BRIDGE nud permanent"),
        new("ip neigh replace 10.40.0.12 lladdr REMOTE-MAC dev BRIDGE nud reachable"),
        new("ip neigh add 10.40.0.99 lladdr 02:00:00:00:00:77 dev BRIDGE nud permanent"),
        // Routes.
        new("ip route del 10.40.0.0/24 dev BRIDGE"),
        new("ip -6 route del fd40::/64 dev BRIDGE"),
        new("ip route replace 10.40.0.0/24 dev BRIDGE src 10.40.0.1"),
        new("ip route replace blackhole 10.40.0.0/24"),
        new("ip route add 203.0.113.128/25 dev BRIDGE"),
        new("ip -6 route add fd40::/64 dev BRIDGE metric 50"),
        new("ip route del 10.41.0.0/24 dev FRONT"),
        new("ip -6 route del fd41::/64 dev FRONT"),
        // Addresses.
        new("ip addr del 10.40.0.1/24 dev BRIDGE"),
        new("ip addr del 10.40.0.241/32 dev BRIDGE"),
        new("ip addr del fd40::1/64 dev BRIDGE"),
        new("ip addr del 10.41.0.1/24 dev FRONT"),
        new("ip addr flush dev FRONT"),
        new("ip addr add 10.99.0.1/24 dev BRIDGE"),
        // Links.
        new("ip link set BRIDGE down"),
        new("ip link set TUNNEL down"),
        new("ip link set VETH down"),
        new("ip link set FRONT down"),
        new("ip link set BRIDGE mtu 1280"),
        new("ip link set TUNNEL mtu 1280"),
        new("ip link set VETH mtu 1280"),
        new("ip link set BRIDGE address 02:00:00:00:00:77"),
        new("ip link set TUNNEL address 02:00:00:00:00:77"),
        new("ip link set TUNNEL nomaster"),
        new("ip link set VETH nomaster"),
        new("ip link set VETH master lan0"),
        new("ip link set VETH alias ''"),
        new("ip link set TUNNEL down && ip link set TUNNEL name mine0"),
        new("ip link set TUNNEL type vxlan learning"),
        new("ip link del BRIDGE"),
        new("ip link del FRONT"),
        new("ip link del TUNNEL"),
        new("ip link del VETH"),
        new("ip -n SANDBOX link del ETH-SHOP"),
        // Flags of bridge ports.
        new("bridge link set dev TUNNEL learning on"),
        new("bridge link set dev TUNNEL flood on"),
        new("bridge link set dev TUNNEL mcast_flood on"),
        new("bridge link set dev TUNNEL bcast_flood on"),
        new("bridge link set dev TUNNEL neigh_suppress off"),
        new("bridge link set dev VETH isolated on"),
        new("bridge link set dev VETH hairpin on"),
        // Inside the sandbox.
        new("ip -n SANDBOX addr del 10.40.0.11/24 dev ETH-SHOP"),
        new("ip -n SANDBOX addr del fd40::b/64 dev ETH-SHOP"),
        new("ip -n SANDBOX addr flush dev ETH-FRONT"),
        new("ip -n SANDBOX route del default"),
        new("ip -n SANDBOX -6 route del default"),
        new("ip -n SANDBOX route replace default via 10.40.0.11"),
        new("ip -n SANDBOX route del 10.40.0.0/24"),
        new("ip -n SANDBOX link set ETH-SHOP down"),
        new("ip -n SANDBOX link set lo down"),
        new("ip -n SANDBOX link set ETH-SHOP mtu 1280"),
        new("ip -n SANDBOX link set ETH-SHOP address 02:00:00:00:00:77"),
        new("ip netns exec SANDBOX sysctl -qw net.ipv6.conf.ETH-SHOP.disable_ipv6=1"),
        new("ip netns exec SANDBOX nft delete table inet overlay"),
        new("ip netns exec SANDBOX nft flush table inet overlay"),
        // Tables.
        new("nft delete table inet overlay"),
        new("nft flush table inet overlay"),
        new("nft flush chain inet overlay forward"),
        new("nft insert rule inet overlay forward drop"),
        new("nft delete element inet overlay members4 { 192.0.2.2 }"),
        new("nft add element inet overlay members4 { 192.0.2.77 }"),
        new("nft flush map inet overlay ports4_any"),
        new("nft delete table bridge overlay"),
        new("nft flush set bridge overlay macs"),
        new("nft insert rule bridge overlay prerouting drop"),
        // Settings.
        new("sysctl -qw net.ipv4.ip_forward=0"),
        new("sysctl -qw net.ipv6.conf.all.forwarding=0"),
        new("sysctl -qw net.ipv6.conf.eth0.accept_ra=1", IsSilent: true),
        new("sysctl -qw net.bridge.bridge-nf-call-iptables=1", IsSilent: true),
        new("sysctl -qw net.bridge.bridge-nf-call-ip6tables=1", IsSilent: true),
        new("sysctl -qw net.ipv4.conf.FRONT.route_localnet=0", IsSilent: true),
        new("sysctl -qw net.ipv6.conf.FRONT.accept_ra=1", IsSilent: true),
        new("sysctl -qw net.ipv6.conf.TUNNEL.disable_ipv6=0", IsSilent: true),
        new("sysctl -qw net.ipv6.conf.VETH.disable_ipv6=0", IsSilent: true),
        // Files and names.
        new("echo nameserver 192.0.2.77 > FILES/resolv.conf", IsSilent: true),
        new("echo 192.0.2.77 example >> FILES/hosts", IsSilent: true),
        new("rm FILES/hosts", IsSilent: true),
        // The agent may be faster than iproute2, which then finds the name busy.
        new("umount /run/netns/SANDBOX"),
        new("ip netns del SANDBOX || true"),
    ];

    public static IEnumerable<string> All => Kinds.Select(k => k.Command);

    public static IEnumerable<string> Notified => Kinds.Where(k => !k.IsSilent).Select(k => k.Command);
}
