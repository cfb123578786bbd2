using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>A forwarding entry of a bridge (where <see cref="Bridge"/> is set: the MAC is behind that port) or of a
/// VXLAN device (the MAC is behind that tunnel end).</summary>
public sealed record FdbEntry
{
    /// <summary>The bridge port, the bridge itself, or the VXLAN device.</summary>
    public required int LinkIndex { get; init; }

    public required MacAddress Mac { get; init; }

    /// <summary>Index of the bridge whose entry this is; 0 for a device's own entry ('self').</summary>
    public int Bridge { get; init; }

    /// <summary>The tunnel end, in entries of VXLAN devices.</summary>
    public Address? Destination { get; init; }

    /// <summary>'permanent': in a bridge this marks a local address, not one behind the port.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>'static': does not age.</summary>
    public bool IsStatic { get; init; }

    /// <summary>'sticky': does not move to another port.</summary>
    public bool IsSticky { get; init; }

    /// <summary>Not set by anyone: learned from traffic.</summary>
    public bool IsLearned => !IsPermanent && !IsStatic;

    public int Vlan { get; init; }
}
