using Overlay.Lab;
using Overlay.Lab.Supervision;

namespace Overlay.Cli.Lab;

/// <summary>One line of <c>lab ls</c>; a lab that is not up was left over by a crash.</summary>
internal sealed record LabView(string Name, bool Up);

/// <summary>What <c>lab status</c> shows.</summary>
internal sealed record LabStatusView(string Name, string Cluster, bool Uplink, bool SupervisorAlive, IReadOnlyList<LabMemberView> Members)
{
    public static LabStatusView Of(LabStatus status) => new(
        status.Lab.Name, status.Lab.Cluster, status.Lab.Uplink, status.SupervisorAlive,
        [.. status.Lab.Members.Select(member => LabMemberView.Of(status, member))]);
}

/// <param name="State">gone, up, ready, not ready, starting, waiting (to start again), stopped or unknown.</param>
/// <param name="Sockets">How many descriptors the supervisor keeps for it.</param>
/// <param name="Says">What it last said of itself.</param>
internal sealed record LabMemberView(string Name, string Address, string Address6, string State, int? Pid, int? Restarts, int? Sockets, string? Says)
{
    public static LabMemberView Of(LabStatus status, LabMember member)
    {
        var service = status.Services.FirstOrDefault(s => s.Name == member.Name);
        return new LabMemberView(member.Name, member.Address, member.Address6, StateOf(status, member, service), service?.Pid, service?.Restarts, service?.Held, service?.Text);
    }

    private static string StateOf(LabStatus status, LabMember member, ServiceStatus? service) => member switch
    {
        { Holder: not { IsAlive: true } } => "gone",
        { Kind: MemberKind.Switch } => "up",
        { Kind: MemberKind.Host } when service is { Phase: ServicePhase.Ready } => status.HostReady.GetValueOrDefault(member.Name) ? "ready" : "not ready",
        _ => service?.Phase.ToString().ToLowerInvariant() ?? "unknown",
    };
}
