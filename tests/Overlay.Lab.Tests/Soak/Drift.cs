namespace Overlay.Lab.Tests.Soak;

/// <summary>
/// Damage to what a host's agent has made, by somebody else. Its script gets the spared network's link suffix and a
/// number to choose by, and says what it broke.
/// </summary>
internal sealed record Drift(string Name, string Script)
{
    // Links of ours but the spared network's: its bridge, its tunnel, and what is plugged into the bridge.
    private const string Choose = """
        spared=$1; number=$2
        ours() { ip -o link | sed -n 's/^[0-9]*: \(o\(br\|vx\|ve\)[0-9a-f]*\).*/\1/p' | grep -v "$spared" | while read -r l; do
          ip -o link show "$l" 2>/dev/null | grep -q "master obr$spared" || echo "$l"; done; }
        one() { mapfile -t all; [ ${#all[@]} -gt 0 ] || exit 0; echo "${all[$((number % ${#all[@]}))]}"; }
        # A sandbox that is not on the spared network.
        box() { ip netns | cut -d' ' -f1 | grep -v '^control' | one; }

        """;

    public static readonly Drift[] Kinds =
    [
        Of("link deleted", "l=$(ours | one); [ -n \"$l\" ] && ip link del $l && echo $l"),
        Of("link down", "l=$(ours | one); [ -n \"$l\" ] && ip link set $l down && echo $l"),
        Of("MTU changed", "l=$(ours | one); [ -n \"$l\" ] && ip link set $l mtu 1300 && echo $l"),
        Of("taken from its bridge", "l=$(ours | grep -v obr | one); [ -n \"$l\" ] && ip link set $l nomaster && echo $l"),
        Of("addresses flushed", "l=$(ours | grep obr | one); [ -n \"$l\" ] && ip addr flush dev $l && echo $l"),
        Of("neighbours flushed", "l=$(ours | grep obr | one); [ -n \"$l\" ] && ip neigh flush nud all dev $l && echo $l"),
        Of("routes flushed", "l=$(ours | grep obr | one); [ -n \"$l\" ] && ip route flush dev $l && echo $l"),
        Of("forwarding entries flushed", "l=$(ours | grep ovx | one); [ -n \"$l\" ] && bridge fdb show dev $l | grep permanent | cut -d' ' -f1 | sort -u | xargs -rn1 -I{} bridge fdb del {} dev $l self; echo $l"),
        Of("ruleset flushed", "nft flush ruleset"),
        Of("chains of a table flushed", "nft flush table inet overlay"),
        Of("sandbox's link down", "b=$(box); [ -n \"$b\" ] && ip -n $b link set eth0 down && echo $b"),
        Of("sandbox's link deleted", "b=$(box); [ -n \"$b\" ] && ip -n $b link del eth0 && echo $b"),
        Of("sandbox's name taken away", "b=$(box); [ -n \"$b\" ] && ip netns del $b && echo $b"),
        Of("sandbox's addresses flushed", "b=$(box); [ -n \"$b\" ] && ip -n $b addr flush dev eth0 && echo $b"),
    ];

    private static Drift Of(string name, string script) => new(name, Choose + script);
}
