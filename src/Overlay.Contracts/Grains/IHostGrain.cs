using System.Collections.Immutable;
using Orleans.Concurrency;
using Overlay.Core;

namespace Overlay.Contracts.Grains;

/// <summary>
/// The agent of one host (key: the host's name), on that host's own silo; nothing of it is durable. A dead or unknown
/// host is a host-down refusal.
/// </summary>
[Alias("overlay.IHostGrain")]
public interface IHostGrain : IGrainWithStringKey
{
    /// <summary>A hint, not a promise: the partition has reached this revision.</summary>
    [Alias("Hint"), OneWay, AlwaysInterleave]
    Task Hint(string partition, ulong revision);

    /// <summary>
    /// Waits until the agent has applied each partition at this revision or later.
    /// Refusals: deadline, apply-failed (with the kernel's words).
    /// </summary>
    /// <param name="sandbox">When set, a failure of this sandbox is reported; failures of others do not fail the wait.</param>
    [Alias("WaitApplied"), AlwaysInterleave]
    Task WaitApplied(ImmutableArray<PartitionRevision> targets, ObjectId? sandbox, TimeSpan deadline);

    /// <summary>
    /// Waits until this host's kernel holds nothing of these removed endpoints (given with their sandboxes), nor of the
    /// host's own presence on the network if that has ended: the network is applied at this revision or later, and
    /// nothing of them is left to take away.
    /// Refusals: deadline, apply-failed (with the kernel's words).
    /// </summary>
    [Alias("WaitReleased"), AlwaysInterleave]
    Task WaitReleased(PartitionRevision network, ImmutableArray<ObjectId> removed, TimeSpan deadline);

    [Alias("AppliedRevision"), AlwaysInterleave]
    Task<ulong> AppliedRevision(string partition);

    [Alias("SandboxStatus"), AlwaysInterleave]
    Task<SandboxStatus?> SandboxStatus(ObjectId sandbox);

    /// <summary>Output of a sandbox's command from an offset on, at most 64 KiB.</summary>
    [Alias("ReadLog"), AlwaysInterleave]
    Task<LogPage> ReadLog(ObjectId sandbox, long offset);

    /// <summary>
    /// Asks DNS as a sandbox of this host does. Refusals: not-running (names are not answered in it), invalid-name,
    /// invalid-argument (the type).
    /// </summary>
    [Alias("QueryName"), AlwaysInterleave]
    Task<NameAnswer> QueryName(ObjectId sandbox, string name, string type);

    /// <summary>
    /// Before ports are published: whether the host's own programs leave them free. Replies with the ports not to choose
    /// where a request leaves the choice. Refusals: port-taken (names the program), invalid-argument (no such address).
    /// </summary>
    /// <param name="v4">Ports without a host address are published on IPv4.</param>
    /// <param name="v6">And on IPv6.</param>
    [Alias("ProbePorts"), AlwaysInterleave]
    Task<ImmutableArray<BusyPort>> ProbePorts(ImmutableArray<PortRequest> ports, bool v4, bool v6);

    /// <summary>What this host last heard of each partition that it follows, from memory or from its disk.</summary>
    [Alias("Claims"), AlwaysInterleave]
    Task<ImmutableArray<PartitionCopy>> Claims();

    [Alias("Status"), AlwaysInterleave]
    Task<HostStatus> Status();
}

[GenerateSerializer, Alias("overlay.PartitionRevision"), Immutable]
public readonly record struct PartitionRevision([property: Id(0)] string Partition, [property: Id(1)] ulong Revision);

/// <summary>A port that a program of the host uses, at whatever address.</summary>
[GenerateSerializer, Alias("overlay.BusyPort"), Immutable]
public readonly record struct BusyPort([property: Id(0)] string Protocol, [property: Id(1)] int Port);

[GenerateSerializer, Alias("overlay.SandboxStatus"), Immutable]
public sealed record SandboxStatus
{
    /// <summary>created, running, exited, stopped, failed.</summary>
    [Id(0)] public required string State { get; init; }
    [Id(1)] public int? Pid { get; init; }
    [Id(2)] public int? ExitCode { get; init; }
    [Id(3)] public string? Problem { get; init; }

    /// <summary>Path of its network namespace on its host.</summary>
    [Id(4)] public string? NamespacePath { get; init; }
    [Id(5)] public DateTimeOffset? StartedAt { get; init; }
}

[GenerateSerializer, Alias("overlay.LogPage"), Immutable]
public sealed record LogPage
{
    [Id(0)] public required byte[] Bytes { get; init; }
    [Id(1)] public required long NextOffset { get; init; }

    /// <summary>The command has ended and everything it wrote has been read.</summary>
    [Id(2)] public bool End { get; init; }
}

[GenerateSerializer, Alias("overlay.HostStatus"), Immutable]
public sealed record HostStatus
{
    [Id(0)] public required string Host { get; init; }
    [Id(1)] public required string Version { get; init; }
    [Id(2)] public ImmutableArray<PartitionRevision> Applied { get; init; } = [];

    /// <summary>What the agent could not make, one line each.</summary>
    [Id(3)] public ImmutableArray<string> Problems { get; init; } = [];
    [Id(4)] public DateTimeOffset Started { get; init; }

    /// <summary>What differed from the desired state without a change of it, and was put back, since the start.</summary>
    [Id(5)] public long DriftRepaired { get; init; }
    [Id(6)] public ImmutableDictionary<string, long> DnsQueries { get; init; } = ImmutableDictionary<string, long>.Empty;
}
