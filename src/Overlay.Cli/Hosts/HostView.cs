using Overlay.Contracts.Grains;

namespace Overlay.Cli.Hosts;

/// <summary>One line of <c>host ls</c>.</summary>
internal sealed record HostView
{
    public required string Name { get; init; }

    /// <summary>down: its overlayd is no member of the cluster (its sandboxes may still work); draining: up, and gets no new ones.</summary>
    public required string Status { get; init; }
    public required string TunnelAddress { get; init; }
    public required int UnderlayMtu { get; init; }
    public required string Role { get; init; }
    public required int Sandboxes { get; init; }
    public required string Version { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }

    public static string StatusOf(HostState state) => !state.Alive ? "down" : state.Host.Draining ? "draining" : "up";

    public static HostView Of(HostState state) => new()
    {
        Name = state.Host.Name,
        Status = StatusOf(state),
        TunnelAddress = state.Host.TunnelAddress.ToString(),
        UnderlayMtu = state.Host.UnderlayMtu,
        Role = state.Host.Role,
        Sandboxes = state.Sandboxes,
        Version = state.Host.Version,
        RegisteredAt = state.Host.Registered,
    };
}
