namespace Overlay.Agent.Firewalls;

internal enum Fate
{
    /// <summary>The end of a chain that was jumped to, or 'return'.</summary>
    GoesOn,
    Accepted,
    Dropped,
    Unsure,
}

/// <param name="Chain">Where it was dropped.</param>
/// <param name="Rule">Null: by the chain's policy.</param>
internal readonly record struct PacketFate(Fate Fate, string Chain = "", string? Rule = null);

/// <summary>
/// Follows one packet through a foreign chain. Only what is certain counts: where a rule that could accept cannot be
/// judged, nothing is said of what comes after it, and a drop that cannot be judged is passed over.
/// </summary>
internal sealed class PacketWalk(ForeignTable table, Packet packet)
{
    // The kernel's limit of nested jumps; and of rules looked at, since chains may be jumped to from many places.
    private const int MostDepth = 16, MostRules = 20_000;

    private int _looked;

    public PacketFate Through(ForeignChain chain)
    {
        var fate = Walk(chain, 0);
        return fate.Fate != Fate.GoesOn ? fate : chain.DropsAtEnd ? new(Fate.Dropped, chain.Name) : new(Fate.Accepted);
    }

    private PacketFate Walk(ForeignChain chain, int depth)
    {
        foreach (var rule in chain.Rules)
        {
            if (++_looked > MostRules || depth > MostDepth)
                return new(Fate.Unsure);
            var effect = new RuleReader(rule, packet, table.Sets).Read();
            if (effect.Matches == false || effect.Verdict is null)
                continue;
            if (effect.Matches is null)
            {
                if (effect.Verdict is "drop" or "reject" || IsHarmless(effect, depth))
                    continue;
                return new(Fate.Unsure);
            }
            if (effect.Verdict == "return")
                return new(Fate.GoesOn);
            var fate = effect.Verdict switch
            {
                "accept" => new(Fate.Accepted),
                "drop" or "reject" => new(Fate.Dropped, chain.Name, string.Join(' ', rule.Where(word => word != "counter"))),
                "jump" or "goto" => Jump(effect.Target, depth),
                _ => new PacketFate(Fate.Unsure),
            };
            if (fate.Fate != Fate.GoesOn || effect.Verdict == "goto")
                return fate;
        }
        return new(Fate.GoesOn);
    }

    private PacketFate Jump(string? target, int depth) =>
        target is not null && table.Chains.TryGetValue(target, out var chain) ? Walk(chain, depth + 1) : new(Fate.Unsure);

    // Whether it jumps or not, nothing there would accept.
    private bool IsHarmless(RuleEffect effect, int depth) =>
        effect.Verdict == "jump" && Jump(effect.Target, depth).Fate is Fate.GoesOn or Fate.Dropped;
}
