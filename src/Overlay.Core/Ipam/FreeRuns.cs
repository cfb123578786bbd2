using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

/// <summary>
/// The free addresses of a subnet as disjoint runs in order. A /64 with no lease is one run: the size of the subnet
/// costs nothing, and every operation is O(log runs).
/// </summary>
internal sealed class FreeRuns
{
    private readonly ImmutableSortedSet<Run> _runs;

    private FreeRuns(ImmutableSortedSet<Run> runs) => _runs = runs;

    /// <param name="taken">In ascending order, without duplicates.</param>
    public static FreeRuns Between(Address first, Address last, IEnumerable<Address> taken)
    {
        var runs = ImmutableSortedSet.CreateBuilder<Run>();
        var next = first.Value;
        var exhausted = false;
        foreach (var address in taken)
        {
            if (address.Value < first.Value || address.Value > last.Value)
                continue;
            if (address.Value > next)
                runs.Add(new Run(next, address.Value - 1));
            // The last address of all has no successor.
            exhausted = address.Value == UInt128.MaxValue;
            next = address.Value + 1;
        }
        if (!exhausted && next <= last.Value)
            runs.Add(new Run(next, last.Value));
        return new(runs.ToImmutable());
    }

    /// <summary>The first free address at or after <paramref name="from"/> and not after <paramref name="to"/>.</summary>
    public Address? FirstBetween(Address from, Address to)
    {
        var index = IndexOfRunAt(from.Value);
        if (index >= 0 && _runs[index].Last >= from.Value)
            return from.Value <= to.Value ? from : null;
        index++;
        return index < _runs.Count && _runs[index].First <= to.Value ? new Address(_runs[index].First) : null;
    }

    public bool Contains(Address address)
    {
        var index = IndexOfRunAt(address.Value);
        return index >= 0 && _runs[index].Last >= address.Value;
    }

    public FreeRuns Take(Address address)
    {
        var run = _runs[IndexOfRunAt(address.Value)];
        var runs = _runs.Remove(run);
        if (run.First < address.Value)
            runs = runs.Add(new Run(run.First, address.Value - 1));
        if (run.Last > address.Value)
            runs = runs.Add(new Run(address.Value + 1, run.Last));
        return new(runs);
    }

    public FreeRuns Return(Address address)
    {
        var (first, last) = (address.Value, address.Value);
        var runs = _runs;
        var index = IndexOfRunAt(address.Value);
        if (index + 1 < _runs.Count && _runs[index + 1] is var after && after.First - 1 == address.Value)
        {
            last = after.Last;
            runs = runs.Remove(after);
        }
        if (index >= 0 && _runs[index] is var before && before.Last + 1 == address.Value)
        {
            first = before.First;
            runs = runs.Remove(before);
        }
        return new(runs.Add(new Run(first, last)));
    }

    /// <summary>Index of the last run that starts at or before the value; −1: none does.</summary>
    private int IndexOfRunAt(UInt128 value)
    {
        var index = _runs.IndexOf(new Run(value, value));
        return index >= 0 ? index : ~index - 1;
    }

    /// <summary>Ordered by start alone: runs are disjoint.</summary>
    private readonly record struct Run(UInt128 First, UInt128 Last) : IComparable<Run>
    {
        public int CompareTo(Run other) => First.CompareTo(other.First);
    }
}
