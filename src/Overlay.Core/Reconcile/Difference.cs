namespace Overlay.Core.Reconcile;

/// <summary>What stands between a desired and an actual state.</summary>
/// <param name="Missing">Desired, and not there.</param>
/// <param name="Differing">There, but not as desired.</param>
/// <param name="Surplus">There, and not desired.</param>
public sealed record Difference<TDesired, TActual>(
    IReadOnlyList<TDesired> Missing,
    IReadOnlyList<(TDesired Desired, TActual Actual)> Differing,
    IReadOnlyList<TActual> Surplus)
{
    public bool IsEmpty => Missing.Count == 0 && Differing.Count == 0 && Surplus.Count == 0;
}

public static class Difference
{
    /// <summary>
    /// Compares by key, in the order given. Keys are unique on the desired side; an actual object whose key was seen
    /// before is surplus.
    /// </summary>
    public static Difference<TDesired, TActual> Between<TKey, TDesired, TActual>(
        IEnumerable<TDesired> desired,
        Func<TDesired, TKey> keyOfDesired,
        IEnumerable<TActual> actual,
        Func<TActual, TKey> keyOfActual,
        Func<TDesired, TActual, bool> isAsDesired)
        where TKey : notnull
    {
        var there = new Dictionary<TKey, TActual>();
        var surplus = new List<TActual>();
        foreach (var item in actual)
        {
            if (!there.TryAdd(keyOfActual(item), item))
                surplus.Add(item);
        }
        var missing = new List<TDesired>();
        var differing = new List<(TDesired, TActual)>();
        foreach (var item in desired)
        {
            if (!there.Remove(keyOfDesired(item), out var found))
                missing.Add(item);
            else if (!isAsDesired(item, found))
                differing.Add((item, found));
        }
        surplus.AddRange(there.Values);
        return new(missing, differing, surplus);
    }
}
