namespace Overlay.Linux;

/// <summary>MACVLAN_MODE_* of if_link.h.</summary>
public enum MacvlanMode : uint
{
    Private = 1,
    Vepa = 2,
    Bridge = 4,
    Passthru = 8,
}

/// <summary>IPVLAN_MODE_* of if_link.h.</summary>
public enum IpvlanMode : ushort
{
    L2 = 0,
    L3 = 1,
    L3s = 2,
}

/// <summary>IPVLAN_F_* of if_link.h; no flag is the bridge mode.</summary>
public enum IpvlanFlag : ushort
{
    Bridge = 0,
    Private = 1,
    Vepa = 2,
}

public sealed record IpvlanInfo(IpvlanMode Mode, IpvlanFlag Flag);
