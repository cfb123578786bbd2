using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Grains.Store;

namespace Overlay.Grains.Commands;

/// <summary>What every partition is made with.</summary>
public sealed record PartitionServices(IRecordStore Store, IRandom Random, TimeProvider Time, ILogger Log);

/// <param name="Read">State of the fields; of no fields for a partition that does not exist.</param>
/// <param name="IsFed">Others follow it: fields and last changes are kept in memory for them.</param>
public sealed record PartitionDefinition<TState>(
    string Name, Func<ImmutableDictionary<string, byte[]>, TState> Read, bool IsFed)
{
    /// <summary>Replies that are kept for retries at one time.</summary>
    public int MostReplies { get; init; } = 100_000;

    /// <summary>After each commit: the revision, and what changed.</summary>
    public Action<FeedCursor, IReadOnlyCollection<string>> Committed { get; init; } = static (_, _) => { };

    /// <summary>Once, when the partition was lost: the activation must end.</summary>
    public Action Lost { get; init; } = static () => { };
}
