using System.Collections.Immutable;
using Overlay.Contracts.Grains;

namespace Overlay.Grains.Commands;

/// <summary>All that one activation knows of its partition, swapped as a whole when a commit is durable.</summary>
/// <param name="Fields">For snapshots of the feed; empty when the partition is not fed.</param>
internal sealed record PartitionImage<TState>(
    TState State, Replies Replies, ImmutableDictionary<string, byte[]> Fields, FeedCursor Cursor);
