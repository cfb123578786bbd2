namespace Overlay.Linux.Monitoring;

/// <summary>Multicast groups (RTNLGRP_*, as bits).</summary>
internal static class EventKinds
{
    private const uint LinkGroup = 1 << 0, NeighbourGroup = 1 << 2, AddressV4Group = 1 << 4, RouteV4Group = 1 << 6,
        AddressV6Group = 1 << 8, RouteV6Group = 1 << 10, ConfigurationV4Group = 1 << 23, ConfigurationV6Group = 1 << 24;

    /// <summary>NFNLGRP_NFTABLES is 7.</summary>
    public const uint NftablesGroup = 1 << 6;

    public static uint RouteGroups(KernelEvents kinds)
    {
        uint groups = 0;
        if (kinds.HasFlag(KernelEvents.Links))
            groups |= LinkGroup;
        if (kinds.HasFlag(KernelEvents.Addresses))
            groups |= AddressV4Group | AddressV6Group;
        if ((kinds & (KernelEvents.Neighbours | KernelEvents.Fdb)) != 0)
            groups |= NeighbourGroup;
        if (kinds.HasFlag(KernelEvents.Routes))
            groups |= RouteV4Group | RouteV6Group;
        if (kinds.HasFlag(KernelEvents.Forwarding))
            groups |= ConfigurationV4Group | ConfigurationV6Group;
        return groups;
    }
}
