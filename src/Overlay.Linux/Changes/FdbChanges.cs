using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>'MAC is behind this bridge port': master, static, sticky. Adds or replaces.
/// ('permanent' would mean that the MAC is the bridge's own; entries marked as learned elsewhere are stolen by one
/// spoofed frame.)</summary>
public sealed record SetBridgeFdb(string Port, MacAddress Mac) : KernelChange
{
    public override string ToString() => $"setting bridge forwarding of {Mac} to port {Port}";
}

/// <summary>ENOENT when there is none.</summary>
public sealed record RemoveBridgeFdb(string Port, MacAddress Mac) : KernelChange
{
    public override string ToString() => $"removing bridge forwarding of {Mac} to port {Port}";
}

/// <summary>'MAC is behind this tunnel end': self, permanent. Adds or replaces.</summary>
public sealed record SetVxlanFdb(string Link, MacAddress Mac, Address Destination) : KernelChange
{
    public override string ToString() => $"setting tunnel end {Destination} for {Mac} on {Link}";
}

/// <summary>ENOENT when there is none.</summary>
public sealed record RemoveVxlanFdb(string Link, MacAddress Mac) : KernelChange
{
    public override string ToString() => $"removing the tunnel end of {Mac} from {Link}";
}
