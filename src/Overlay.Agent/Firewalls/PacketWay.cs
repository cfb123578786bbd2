namespace Overlay.Agent.Firewalls;

/// <summary>A packet that must get through a hook of the host.</summary>
/// <param name="Words">What it is, for people.</param>
/// <param name="Pass">The match that lets such packets through: in nft's words, and in iptables'.</param>
internal sealed record PacketWay(string Words, string Hook, Packet Packet, PassRule Pass)
{
    public static readonly string[] Hooks = ["prerouting", "input", "forward", "output", "postrouting"];
}

internal readonly record struct PassRule(string Nft, string Iptables)
{
    public static PassRule From(string links) => new($"iifname \"{links.Replace('+', '*')}\"", $"-i {links}");

    public static PassRule To(string links) => new($"oifname \"{links.Replace('+', '*')}\"", $"-o {links}");

    public static PassRule EchoFrom(string links, bool v4) =>
        new($"iifname \"{links.Replace('+', '*')}\" meta l4proto {(v4 ? "icmp" : "ipv6-icmp")}", $"-i {links} -p {(v4 ? "icmp" : "ipv6-icmp")}");

    public static PassRule Udp(int port) => new($"udp dport {port}", $"-p udp --dport {port}");
}
