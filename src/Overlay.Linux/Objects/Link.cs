using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>A network link as the kernel reports it.</summary>
public sealed record Link
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>"bridge", "vxlan", "veth", "macvlan", "ipvlan", "vlan", …; empty for loopback and hardware.</summary>
    public string Kind { get; init; } = "";

    public MacAddress? Mac { get; init; }

    public int Mtu { get; init; }

    /// <summary>Administratively up.</summary>
    public bool IsUp { get; init; }

    /// <summary>Has carrier and is operational.</summary>
    public bool IsRunning { get; init; }

    public bool IsLoopback { get; init; }

    /// <summary>Index of the bridge it is a port of; 0 for none.</summary>
    public int Master { get; init; }

    public int Group { get; init; }

    public string? Alias { get; init; }

    /// <summary>Index of the veth peer, or of the parent link; 0 for none.</summary>
    public int PeerIndex { get; init; }

    /// <summary>The number of the namespace <see cref="PeerIndex"/> counts in; null when it is this one.</summary>
    public int? PeerNamespaceNumber { get; init; }

    public VxlanInfo? Vxlan { get; init; }

    public BridgeInfo? Bridge { get; init; }

    public BridgePortInfo? Port { get; init; }

    public MacvlanMode? Macvlan { get; init; }

    public IpvlanInfo? Ipvlan { get; init; }

    /// <summary>The 802.1Q id of a link of kind "vlan".</summary>
    public int? VlanId { get; init; }
}
