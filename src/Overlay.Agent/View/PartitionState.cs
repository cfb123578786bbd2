using System.Collections.Immutable;
using Overlay.Contracts.Grains;

namespace Overlay.Agent.View;

/// <summary>One followed partition as last pulled: fields as the store has them.</summary>
/// <param name="IsLive">Confirmed by the control plane in this life of the agent; otherwise it was read from disk.</param>
/// <param name="IsGone">The control plane said that there is no such partition (any more).</param>
public sealed record PartitionState(
    string Name, FeedCursor Cursor, ImmutableDictionary<string, byte[]> Fields, bool IsLive, bool IsGone)
{
    /// <summary>The newest revision ever pulled; what is older is a store that came back older, or a grain's stale twin.</summary>
    public ulong Newest { get; init; }

    /// <summary>The fields over which a delta was laid, and which of them it touched; null: a snapshot.</summary>
    public (ImmutableDictionary<string, byte[]> Before, ImmutableArray<string> Touched)? Delta { get; init; }

    /// <summary>What can differ from those fields: what the delta touched that led from there to here, else all of both.</summary>
    public IEnumerable<string> CanDifferFrom(ImmutableDictionary<string, byte[]> before) => Delta is { } delta && ReferenceEquals(delta.Before, before)
        ? delta.Touched
        : Fields.Keys.Concat(before.Keys.Where(field => !Fields.ContainsKey(field)));

    public static PartitionState Unknown(string name) => new(name, default, ImmutableDictionary<string, byte[]>.Empty, false, false);

    public PartitionState With(FeedPage page)
    {
        // What such a view lacks was there: it is no reason to delete anything.
        var newest = Math.Max(Math.Max(Newest, Cursor.Revision), page.Cursor.Revision);
        var isLive = page.Cursor.Revision == newest || (page.Gone && Name.StartsWith("network/", StringComparison.Ordinal));
        if (page.Gone)
            return new(Name, page.Cursor, ImmutableDictionary<string, byte[]>.Empty, isLive, IsGone: true) { Newest = newest };
        var fields = (page.IsSnapshot ? ImmutableDictionary<string, byte[]>.Empty : Fields).ToBuilder();
        foreach (var change in page.Changes)
        {
            if (change.Value is null)
                fields.Remove(change.Field);
            else
                fields[change.Field] = change.Value;
        }
        return new(Name, page.Cursor, fields.ToImmutable(), isLive, IsGone: false)
        {
            Newest = newest,
            Delta = page.IsSnapshot ? null : (Fields, [.. page.Changes.Select(c => c.Field).Distinct()]),
        };
    }
}
