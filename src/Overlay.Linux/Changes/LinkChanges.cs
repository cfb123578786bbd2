using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>Changes what is not null.</summary>
public sealed record SetLink(string Name) : KernelChange
{
    public bool? Up { get; init; }

    public int? Mtu { get; init; }

    public MacAddress? Mac { get; init; }

    /// <summary>Name of the bridge it becomes a port of; "" takes it out of its bridge.</summary>
    public string? Master { get; init; }

    /// <summary>"" removes it.</summary>
    public string? Alias { get; init; }

    public int? Group { get; init; }

    public string? Rename { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder("setting link ").Append(Name);
        if (Rename is not null)
            text.Append(" name ").Append(Rename);
        if (Mac is { } mac)
            text.Append(" address ").Append(mac);
        if (Mtu is { } mtu)
            text.Append(" mtu ").Append(mtu);
        if (Group is { } group)
            text.Append(" group ").Append(group);
        if (Alias is not null)
            text.Append(" alias '").Append(Alias).Append('\'');
        if (Master is not null)
            text.Append(Master.Length == 0 ? " out of its bridge" : $" as port of {Master}");
        if (Up is { } up)
            text.Append(up ? " up" : " down");
        return text.ToString();
    }
}

/// <summary>Changes the flags of a bridge port that are not null.</summary>
public sealed record SetBridgePort(string Name) : KernelChange
{
    public bool? Learning { get; init; }

    public bool? Flood { get; init; }

    public bool? MulticastFlood { get; init; }

    public bool? BroadcastFlood { get; init; }

    public bool? NeighbourSuppression { get; init; }

    public bool? Isolated { get; init; }

    public bool? Hairpin { get; init; }

    public override string ToString() => $"setting the bridge port flags of {Name}";
}

public sealed record SetMulticastSnooping(string Bridge, bool Enabled) : KernelChange
{
    public override string ToString() => $"setting multicast snooping of {Bridge} {(Enabled ? "on" : "off")}";
}

public sealed record DeleteLink(string Name) : KernelChange
{
    public override string ToString() => $"deleting link {Name}";
}

/// <summary>Deletes every link of a group (not 0) at once: one RCU grace period for all, where each single deletion
/// costs one. No link in the group: ENODEV.</summary>
public sealed record DeleteLinkGroup(int Group) : KernelChange
{
    public override string ToString() => $"deleting the links of group {Group}";
}
