using System.Collections.Immutable;

namespace Overlay.Contracts.Grains;

/// <summary>Where a follower stands: the revision and chain hash that it has. Revision 0: nothing yet.</summary>
[GenerateSerializer, Alias("overlay.FeedCursor"), Immutable]
public readonly record struct FeedCursor([property: Id(0)] ulong Revision, [property: Id(1)] ulong Hash);

/// <summary>
/// What changed since a cursor. A snapshot replaces all that the follower has (its cursor was too old, or of another
/// history: the store came back older); a delta is laid over it.
/// </summary>
[GenerateSerializer, Alias("overlay.FeedPage"), Immutable]
public sealed record FeedPage
{
    [Id(0)] public required FeedCursor Cursor { get; init; }
    [Id(1)] public required bool IsSnapshot { get; init; }

    /// <summary>Field → bytes as stored (see RecordCodec); null bytes: deleted.</summary>
    [Id(2)] public required ImmutableArray<FieldChange> Changes { get; init; }

    /// <summary>The partition does not exist (any more): the network was removed.</summary>
    [Id(3)] public bool Gone { get; init; }
}

[GenerateSerializer, Alias("overlay.FieldChange"), Immutable]
public readonly record struct FieldChange([property: Id(0)] string Field, [property: Id(1)] byte[]? Value);

/// <summary>A grain whose partition others follow. Pull never waits for a commit and never touches the store.</summary>
[Alias("overlay.IFeed")]
public interface IFeed : IGrainWithStringKey
{
    [Alias("Pull")]
    Task<FeedPage> Pull(FeedCursor since);
}
