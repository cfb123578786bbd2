using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Overlay.Contracts.Grains;

/// <summary>
/// The record store as a whole (key <see cref="Key"/>): whether what it says can be gone by, and what to do when it
/// came back older than what the hosts hold.
/// </summary>
[Alias("overlay.IStateGrain")]
public interface IStateGrain : IGrainWithStringKey
{
    const string Key = "state";

    /// <summary>
    /// Before a silo reads from a process of the store for the first time: hosts are asked what they hold, and what
    /// the store lacks returns into it. Refusal: store-unavailable, while hosts are missing that must be asked.
    /// </summary>
    [Alias("Admit"), AlwaysInterleave]
    Task Admit(string run);

    /// <summary>Brings back what hosts hold and the store lacks, without waiting for the hosts named.</summary>
    [Alias("Recover")]
    Task<RecoveryReport> Recover(ImmutableArray<string> without);

    /// <summary>What would come back, and what contradicts; changes nothing.</summary>
    [Alias("Compare")]
    Task<RecoveryReport> Compare();

    [Alias("ListPartitions")]
    Task<ImmutableArray<string>> ListPartitions();

    /// <summary>One partition as it is in the store, all of it of one revision.</summary>
    [Alias("ReadPartition")]
    Task<PartitionCopy> ReadPartition(string partition);

    /// <summary>
    /// Lays a copy over a partition, at a revision above both. Refusal: conflict, when the store's is newer, unless it is
    /// to be replaced.
    /// </summary>
    [Alias("WritePartition")]
    Task WritePartition(PartitionCopy copy, bool replaceNewer);
}

/// <summary>A partition, or what a host holds of one.</summary>
[GenerateSerializer, Alias("overlay.PartitionCopy"), Immutable]
public sealed record PartitionCopy
{
    [Id(0)] public required string Name { get; init; }
    [Id(1)] public required FeedCursor Cursor { get; init; }
    [Id(2)] public required ImmutableDictionary<string, byte[]> Fields { get; init; }
}

[GenerateSerializer, Alias("overlay.RecoveryReport"), Immutable]
public sealed record RecoveryReport
{
    /// <summary>Partition and field of what comes back, or of what goes because the hosts' newer view has it no more.</summary>
    [Id(0)] public ImmutableArray<string> Differences { get; init; } = [];

    /// <summary>What cannot both be true; nothing is guessed, the store's stays.</summary>
    [Id(1)] public ImmutableArray<string> Contradictions { get; init; } = [];

    /// <summary>Known hosts that have not said what they hold.</summary>
    [Id(2)] public ImmutableArray<string> Missing { get; init; } = [];

    /// <summary>A host holds more than the store does.</summary>
    [Id(3)] public bool IsOlder { get; init; }
}
