using System.Collections.Immutable;
using Overlay.Contracts.Records;

namespace Overlay.Grains.Recovery;

/// <summary>What differs between two states of a partition, a line per field.</summary>
internal static class Difference
{
    public static IEnumerable<string> Of(string partition, ImmutableDictionary<string, byte[]>? stored, ImmutableDictionary<string, byte[]> held)
    {
        stored ??= ImmutableDictionary<string, byte[]>.Empty;
        foreach (var (field, value) in held)
        {
            if (!stored.TryGetValue(field, out var old))
                yield return $"{partition} {field}: missing in the store";
            else if (!old.AsSpan().SequenceEqual(value))
                yield return $"{partition} {field}: older in the store";
        }
        foreach (var field in stored.Keys.Where(f => !held.ContainsKey(f) && !f.StartsWith(Fields.RequestPrefix, StringComparison.Ordinal)))
            yield return $"{partition} {field}: still in the store";
    }
}
