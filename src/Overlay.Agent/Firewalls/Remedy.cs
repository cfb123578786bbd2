namespace Overlay.Agent.Firewalls;

/// <summary>Says in one line what a foreign chain drops, and the commands that let it pass.</summary>
internal static class Remedy
{
    private const int MostNamed = 3;

    public static string Words(ForeignTable table, ForeignChain chain, PacketFate fate, IReadOnlyCollection<PacketWay> dropped)
    {
        var what = dropped.Select(w => w.Words).Distinct().ToList();
        var more = what.Count > MostNamed ? $" and {what.Count - MostNamed} more" : "";
        var by = fate.Rule is { } rule ? $"rule '{rule}'{(fate.Chain != chain.Name ? $" of chain {fate.Chain}" : "")}" : "policy drop";
        var commands = dropped.Select(w => w.Pass).Distinct().Select(pass => $"'{Command(table, chain, pass)}'");
        return $"table {table.Family} {table.Name}{(table.IsLegacy ? " (iptables-legacy)" : "")}, chain {chain.Name} ({by}) drops "
            + $"{string.Join(", ", what.Take(MostNamed))}{more}; let it pass with {string.Join(" and ", commands)}";
    }

    private static string Command(ForeignTable table, ForeignChain chain, PassRule pass)
    {
        if (!table.IsOfIptables)
            return $"nft insert rule {table.Family} {table.Name} {chain.Name} {pass.Nft} accept";
        // Docker leaves that chain to its users, and looks at it first.
        var at = chain.Name == "FORWARD" && IsAsked(chain, "DOCKER-USER") ? "DOCKER-USER" : chain.Name;
        return $"{(table.Family == "ip6" ? "ip6tables" : "iptables")}{(table.IsLegacy ? "-legacy" : "")}{(table.Name == "filter" ? "" : $" -t {table.Name}")} -I {at} {pass.Iptables} -j ACCEPT";
    }

    private static bool IsAsked(ForeignChain chain, string target) => chain.Rules.Any(rule => rule is [.., "jump", var to] && to == target);
}
