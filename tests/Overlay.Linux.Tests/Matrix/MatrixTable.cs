using System.Collections.Immutable;

namespace Overlay.Linux.Tests.Matrix;

/// <summary>Who reaches whom on a network of each driver: what README and Docker's model promise, each 'no' with its reason.</summary>
internal static class MatrixTable
{
    // '+' yes; a letter: no, for the reason of Reasons; '.': there is no such pair.
    //
    // same, far: from a sandbox to another one of its network, on its host and on the other host: ping (small, and of
    // full size in one piece), TCP, UDP, its name, its published port at its host's address.
    // own, alien: to a sandbox of a second network of the driver, and of a network of another driver, on the same host.
    // to, by, from: to its own host, from its own host, from the other host (their own network stacks).
    // out, nat, in: to the outside; seen there as its host; from the outside to the sandbox's own address.
    // open, hair: its published port from outside and from the other host; from itself. v4lo, v6lo: from its host at 127.0.0.1 and ::1.
    private const string Text = """
                                  same                far                 apart host         outside     port
                                  ping tcp udp na po  ping tcp udp na po  own alien to by from out nat in  open hair v4lo v6lo
        bridge                    +    +   +   +  +   L    L   L   L  +   A   A     +  +  L    +   +   E   +    +    +    6
        bridge internal           +    +   +   +  I   L    L   L   L  I   A   A     I  +  L    I   I   I   I    I    I    6
        bridge icc off            C    C   C   +  +   L    L   L   L  +   A   A     +  +  L    +   +   E   +    +    +    6
        bridge masquerade off     +    +   +   +  +   L    L   L   L  B   A   A     +  +  L    +   U   E   +    +    +    6
        overlay                   +    +   +   +  +   +    +   +   +  +   A   A     +  +  +    +   +   E   +    +    +    6
        overlay internal          +    +   +   +  I   +    +   +   +  I   A   A     I  +  +    I   I   I   I    I    I    6
        overlay over ipv6         +    +   +   +  +   +    +   +   +  +   A   A     +  +  +    +   +   E   +    +    +    6
        macvlan bridge            +    +   +   +  P   +    +   +   +  P   R   A     H  H  +    +   W   +   P    P    P    P
        macvlan private           M    M   M   +  P   +    +   +   +  P   R   A     H  H  +    +   W   +   P    P    P    P
        macvlan vepa              V    V   V   +  P   +    +   +   +  P   R   A     H  H  +    +   W   +   P    P    P    P
        macvlan vepa reflected    +    +   +   +  P   +    +   +   +  P   R   A     +  +  +    +   W   +   P    P    P    P
        macvlan passthru          O    O   O   O  P   +    +   +   +  P   O   A     +  +  +    +   W   +   P    P    P    P
        macvlan vlan              +    +   +   +  P   +    +   +   +  P   R   A     +  +  +    +   W   +   P    P    P    P
        ipvlan l2 bridge          +    +   +   +  P   +    +   +   +  P   R   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l2 private         M    M   M   +  P   +    +   +   +  P   R   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l2 vepa            V    V   V   +  P   +    +   +   +  P   R   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l3 bridge          +    +   +   +  P   +    +   +   +  P   +   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l3 private         M    M   M   +  P   +    +   +   +  P   M   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l3 vepa            V    V   V   +  P   +    +   +   +  P   V   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l3s bridge         +    +   +   +  P   +    +   +   +  P   +   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l3s private        M    M   M   +  P   +    +   +   +  P   M   A     H  H  +    +   W   +   P    P    P    P
        ipvlan l3s vepa           V    V   V   +  P   +    +   +   +  P   V   A     H  H  +    +   W   +   P    P    P    P
        host                      +    +   +   S  .   +    +   +   S  .   .   +     +  +  +    +   +   +   .    .    .    .
        none                      N    N   N   N  .   N    N   N   N  .   N   N     N  N  N    N   N   N   .    .    .    .
        """;

    public static readonly ImmutableSortedDictionary<char, string> Reasons = new Dictionary<char, string>
    {
        ['A'] = "networks are apart",
        ['B'] = "enable_ip_masquerade=false: it comes with an address that is of the other host's own segment there, so the answer stays there",
        ['C'] = "enable_icc=false: sandboxes of the network do not reach each other, but what they publish",
        ['E'] = "published ports are the only way in",
        ['H'] = "the kernel never hands a parent's packets to its own sub-links, nor theirs to it",
        ['I'] = "internal: no way out, and none in but its own host's; nothing is published",
        ['L'] = "a bridge network is host-local: hosts do not reach each other on it, and names answer same-host endpoints",
        ['M'] = "mode private: sub-links of one parent do not reach each other",
        ['N'] = "driver none: loopback only",
        ['O'] = "passthru: one sandbox per parent, so there is no second one",
        ['P'] = "on the physical network nothing is published: a host cannot lead to its own sub-links",
        ['R'] = "two subnets of the physical network: no router joins them here",
        ['S'] = "the host's stack: its own resolver, not ours",
        ['U'] = "enable_ip_masquerade=false: seen with its own address",
        ['V'] = "mode vepa: the switch would have to send frames back to the port they came from",
        ['W'] = "the physical network sees its own address",
        ['6'] = "::1 is never routed off the loopback link",
    }.ToImmutableSortedDictionary();

    /// <summary>The no's of which the question may arrive, but not the answer.</summary>
    public const string OneWay = "B";

    private static readonly string[] Lines = Text.Split('\n');
    private static readonly int NamesEnd = Lines[1].Length - Lines[1].TrimStart().Length;

    public static string Header { get; } = $"{Lines[0]}\n{Lines[1]}";

    public static string[] Columns { get; } = Words(Lines[0], Lines[1]);

    /// <summary>Row → column → what is expected.</summary>
    public static ImmutableDictionary<string, ImmutableDictionary<string, char>> Rows { get; } = Lines[2..].ToImmutableDictionary(
        line => line[..NamesEnd].Trim(),
        line => Columns.Zip(line[NamesEnd..].Split(' ', StringSplitOptions.RemoveEmptyEntries), (column, cell) => (column, cell.Single()))
            .ToImmutableDictionary(x => x.column, x => x.Item2));

    /// <summary>A line like the table's, of what was found.</summary>
    public static string Line(string name, Func<string, string> cell)
    {
        var line = name.PadRight(NamesEnd);
        var at = Starts(Lines[1]);
        foreach (var (column, start) in Columns.Zip(at))
            line = line.PadRight(start) + cell(column);
        return line;
    }

    // "same ping", "far tcp", …: the group above a word is the last one that begins at or before it.
    private static string[] Words(string groups, string words)
    {
        var groupStarts = Starts(groups);
        return [.. Starts(words).Select(start => $"{WordAt(groups, groupStarts.Last(g => g <= start))} {WordAt(words, start)}")];
    }

    private static int[] Starts(string line) =>
        [.. Enumerable.Range(0, line.Length).Where(i => line[i] != ' ' && (i == 0 || line[i - 1] == ' '))];

    private static string WordAt(string line, int start) => line[start..].Split(' ')[0].TrimEnd();
}
