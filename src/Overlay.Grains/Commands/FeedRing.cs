using System.Collections.Immutable;
using Overlay.Contracts.Grains;

namespace Overlay.Grains.Commands;

/// <summary>
/// The last commits of a partition, for followers that are not far behind. Bounded by the number of field changes; a
/// follower from before the oldest, or of another history, gets a snapshot instead.
/// </summary>
internal sealed class FeedRing(FeedCursor start, int capacity = FeedRing.DefaultCapacity)
{
    public const int DefaultCapacity = 4096;

    private readonly Queue<Commit> _commits = new();
    private FeedCursor _start = start;
    private int _changes;

    public void Add(FeedCursor cursor, IReadOnlyCollection<FieldChange> changes)
    {
        _commits.Enqueue(new Commit(cursor, [.. changes]));
        _changes += Weight(changes.Count);
        while (_changes > capacity)
        {
            var oldest = _commits.Dequeue();
            _changes -= Weight(oldest.Changes.Length);
            _start = oldest.Cursor;
        }
    }

    /// <summary>What changed since the cursor, each field once; null when the ring cannot tell.</summary>
    public ImmutableArray<FieldChange>? Since(FeedCursor cursor)
    {
        var found = cursor == _start;
        var latest = new Dictionary<string, byte[]?>();
        foreach (var commit in _commits)
        {
            if (found)
            {
                foreach (var (field, value) in commit.Changes)
                    latest[field] = value;
            }
            else
            {
                found = commit.Cursor == cursor;
            }
        }
        return found ? [.. latest.Select(c => new FieldChange(c.Key, c.Value))] : null;
    }

    // A commit that changes nothing which is fed takes room too.
    private static int Weight(int changes) => Math.Max(1, changes);

    private readonly record struct Commit(FeedCursor Cursor, ImmutableArray<FieldChange> Changes);
}
