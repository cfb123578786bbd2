namespace Overlay.Cli.Output;

internal static class Sorting
{
    /// <summary>By key: the order of a hash table changes from run to run, and output is compared.</summary>
    public static IReadOnlyDictionary<string, T> Sorted<T>(this IEnumerable<KeyValuePair<string, T>> pairs) =>
        new SortedDictionary<string, T>(pairs.ToDictionary(pair => pair.Key, pair => pair.Value), StringComparer.Ordinal);
}
