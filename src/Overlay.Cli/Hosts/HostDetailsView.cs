using Overlay.Cli.Output;
using Overlay.Contracts.Grains;

namespace Overlay.Cli.Hosts;

/// <summary>One host of <c>host inspect</c>: what the cluster knows, and what its agent says of itself.</summary>
internal sealed record HostDetailsView
{
    public required string Name { get; init; }
    public required string Status { get; init; }
    public required string MachineId { get; init; }
    public required string TunnelAddress { get; init; }
    public required int UnderlayMtu { get; init; }
    public required string Role { get; init; }
    public required int Sandboxes { get; init; }
    public required string Version { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Null: the agent did not answer, and <see cref="Unanswered"/> says why.</summary>
    public required AgentView? Agent { get; init; }
    public required string? Unanswered { get; init; }

    public static HostDetailsView Of(HostState state, HostStatus? status, string? unanswered) => new()
    {
        Name = state.Host.Name,
        Status = HostView.StatusOf(state),
        MachineId = state.Host.MachineId,
        TunnelAddress = state.Host.TunnelAddress.ToString(),
        UnderlayMtu = state.Host.UnderlayMtu,
        Role = state.Host.Role,
        Sandboxes = state.Sandboxes,
        Version = state.Host.Version,
        RegisteredAt = state.Host.Registered,
        Agent = status is null ? null : AgentView.Of(status),
        Unanswered = unanswered,
    };
}

/// <param name="DriftRepaired">What somebody else changed in the kernel and the agent put back, since its start.</param>
internal sealed record AgentView(
    DateTimeOffset StartedAt, AppliedPartition[] Applied, string[] Problems, long DriftRepaired, IReadOnlyDictionary<string, long> DnsQueries)
{
    public static AgentView Of(HostStatus status) => new(
        status.Started,
        [.. status.Applied.Select(applied => new AppliedPartition(applied.Partition, applied.Revision))],
        [.. status.Problems],
        status.DriftRepaired,
        status.DnsQueries.Sorted());
}

internal sealed record AppliedPartition(string Partition, ulong Revision);
