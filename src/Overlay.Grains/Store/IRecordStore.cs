using System.Collections.Immutable;
using Overlay.Contracts.Grains;

namespace Overlay.Grains.Store;

/// <summary>
/// Durable partitions: each a set of fields with a revision that counts its commits and a hash that chains them.
/// A commit says which revision and hash it stands on, and the store refuses every other: that, and nothing in the
/// runtime, is what keeps two activations of one grain from both being right.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public interface IRecordStore
{
    /// <summary>Revision 0 and no fields when there is none.</summary>
    /// <exception cref="StoreUnavailableException">No answer within the deadline.</exception>
    Task<StoredPartition> Load(string partition, CancellationToken cancellation = default);

    /// <exception cref="StoreUnavailableException">No answer within the deadline: it may or may not have happened.</exception>
    Task<CommitResult> Commit(StoreCommit commit, CancellationToken cancellation = default);

    /// <summary>Names of all partitions, in order; for export and recovery, no request waits for it.</summary>
    /// <exception cref="StoreUnavailableException">No answer within the deadline.</exception>
    Task<ImmutableArray<string>> List(CancellationToken cancellation = default);
}

/// <param name="Time">By the store's clock.</param>
/// <param name="RunId">Of the store's process: another one may have come back with older data.</param>
public sealed record StoredPartition(
    ulong Revision, ulong Hash, ImmutableDictionary<string, byte[]> Fields, DateTimeOffset Time, string RunId)
{
    public FeedCursor Cursor => new(Revision, Hash);
}

/// <param name="Expected">What the partition must be at; revision 0: it must not exist.</param>
/// <param name="RunId">The store's process in which <paramref name="Expected"/> was last seen to hold.</param>
/// <param name="NewHash">See <see cref="ChainHash"/>.</param>
/// <param name="Changes">No field twice; null bytes delete.</param>
/// <param name="EndsPartition">All of it is deleted; <paramref name="Changes"/> is empty.</param>
public sealed record StoreCommit(
    string Partition, FeedCursor Expected, string RunId, ulong NewHash, ImmutableArray<FieldChange> Changes, bool EndsPartition = false)
{
    /// <summary>Higher than the next, when recovery lifts a partition above what hosts have seen of it.</summary>
    public ulong? Revision { get; init; }

    public FeedCursor Next => new(Revision ?? Expected.Revision + 1, NewHash);
}

public abstract record CommitResult
{
    private CommitResult()
    {
    }

    /// <param name="Time">By the store's clock.</param>
    public sealed record Committed(FeedCursor Cursor, DateTimeOffset Time) : CommitResult;

    /// <summary>Somebody else has committed: the partition is at another revision or of another history.</summary>
    public sealed record Conflict(FeedCursor Actual) : CommitResult;

    /// <summary>The store was restarted since: what was seen to hold must be seen again.</summary>
    public sealed record OtherRun(string RunId) : CommitResult;
}
