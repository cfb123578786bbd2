using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

/// <summary>
/// Disjoint address blocks, each with a label that says whose it is. Because they are disjoint, the only blocks that
/// can overlap another are its neighbours in order: a look-up is O(log n).
/// </summary>
public sealed class PrefixSet
{
    public static readonly PrefixSet Empty = new([], ImmutableDictionary<Prefix, string>.Empty);

    private readonly ImmutableSortedSet<Prefix> _order;
    private readonly ImmutableDictionary<Prefix, string> _labels;

    private PrefixSet(ImmutableSortedSet<Prefix> order, ImmutableDictionary<Prefix, string> labels)
    {
        _order = order;
        _labels = labels;
    }

    public int Count => _order.Count;

    /// <summary>A set of blocks that may nest (routes of hosts): of nested ones only the outermost is kept.</summary>
    public static PrefixSet Covering(IEnumerable<(Prefix Prefix, string Label)> prefixes) =>
        prefixes.OrderBy(p => p.Prefix.Length).Aggregate(Empty, (set, p) => set.FindOverlap(p.Prefix) is null ? set.Add(p.Prefix, p.Label) : set);

    /// <summary>A block of the set that shares an address with <paramref name="prefix"/>, and whose it is.</summary>
    public (Prefix Prefix, string Label)? FindOverlap(Prefix prefix)
    {
        var index = _order.IndexOf(prefix);
        var at = index >= 0 ? index : ~index;
        foreach (var neighbour in (ReadOnlySpan<int>)[at - 1, at])
        {
            if (neighbour >= 0 && neighbour < _order.Count && _order[neighbour].Overlaps(prefix))
                return (_order[neighbour], _labels[_order[neighbour]]);
        }
        return null;
    }

    /// <exception cref="InvalidOperationException">It overlaps a block of the set: ask <see cref="FindOverlap"/> first.</exception>
    public PrefixSet Add(Prefix prefix, string label) =>
        FindOverlap(prefix) is { } other
            ? throw new InvalidOperationException($"{prefix} overlaps {other.Prefix} of {other.Label}")
            : new(_order.Add(prefix), _labels.Add(prefix, label));

    public PrefixSet Remove(Prefix prefix) => new(_order.Remove(prefix), _labels.Remove(prefix));
}
