namespace Overlay.Linux;

/// <summary>The flags of a bridge port; the defaults are the kernel's for a new port.</summary>
public sealed record BridgePortInfo
{
    public bool Learning { get; init; } = true;

    /// <summary>Unknown unicast goes out here.</summary>
    public bool Flood { get; init; } = true;

    public bool MulticastFlood { get; init; } = true;

    public bool BroadcastFlood { get; init; } = true;

    /// <summary>ARP and ND for known neighbours of the bridge are answered, not forwarded here.</summary>
    public bool NeighbourSuppression { get; init; }

    public bool Isolated { get; init; }

    public bool Hairpin { get; init; }
}
