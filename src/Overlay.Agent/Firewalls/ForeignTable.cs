using System.Collections.Immutable;

namespace Overlay.Agent.Firewalls;

/// <summary>A table of somebody else's that filters packets.</summary>
/// <param name="Family">ip, ip6 or inet.</param>
/// <param name="IsLegacy">Of iptables' own interface, beside nftables.</param>
/// <param name="Sets">Elements of its sets and maps, as tokens.</param>
internal sealed record ForeignTable(
    string Family, string Name, bool IsLegacy, ImmutableDictionary<string, ForeignChain> Chains, ImmutableDictionary<string, ImmutableArray<string>> Sets)
{
    /// <summary>Made by iptables, which names its chains like their hooks: it is the one to be asked for a change.</summary>
    public bool IsOfIptables => IsLegacy || (Family != "inet" && Chains.Values.Any(c => c.Name == c.Hook?.ToUpperInvariant()));

    public bool Sees(bool v4) => Family == "inet" || Family == (v4 ? "ip" : "ip6");
}

/// <param name="Hook">Null: only jumped to.</param>
/// <param name="DropsAtEnd">Policy drop.</param>
/// <param name="Rules">Each as tokens.</param>
internal sealed record ForeignChain(string Name, string? Hook, bool DropsAtEnd, ImmutableArray<ImmutableArray<string>> Rules);
