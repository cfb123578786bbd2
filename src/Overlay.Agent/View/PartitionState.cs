using System.Collections.Immutable;
using Overlay.Contracts.Grains;

namespace Overlay.Agent.View;

/// <summary>One followed partition as last pulled: fields as the store has them.</summary>
/// <param name="IsLive">Confirmed by the control plane in this life of the agent; otherwise it was read from disk.</param>
/// <param name="IsGone">The control plane said that there is no such partition (any more).</param>
public sealed record PartitionState(
    string Name, FeedCursor Cursor, ImmutableDictionary<string, byte[]> Fields, bool IsLive, bool IsGone)
{
    public static PartitionState Unknown(string name) => new(name, default, ImmutableDictionary<string, byte[]>.Empty, false, false);

    public PartitionState With(FeedPage page)
    {
        if (page.Gone)
            return new(Name, page.Cursor, ImmutableDictionary<string, byte[]>.Empty, IsLive: true, IsGone: true);
        var fields = (page.IsSnapshot ? ImmutableDictionary<string, byte[]>.Empty : Fields).ToBuilder();
        foreach (var change in page.Changes)
        {
            if (change.Value is null)
                fields.Remove(change.Field);
            else
                fields[change.Field] = change.Value;
        }
        return new(Name, page.Cursor, fields.ToImmutable(), IsLive: true, IsGone: false);
    }
}
