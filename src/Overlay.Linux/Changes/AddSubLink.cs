namespace Overlay.Linux;

/// <summary>A link on top of another one, its <see cref="Parent"/> in the namespace of the batch.</summary>
public abstract record AddSubLink(string Name, string Parent) : AddLink(Name)
{
    /// <summary>Where the link itself is made; null: beside its parent. Elsewhere it can have neither master nor alias
    /// from the start.</summary>
    public INetNamespace? Space { get; init; }

    protected string Place => Space is null ? Name : $"{Name} in {Space.Name}";
}

/// <summary>EINVAL when it or another on that parent is in mode passthru; EBUSY beside ipvlan.</summary>
public sealed record AddMacvlan(string Name, string Parent, MacvlanMode Mode) : AddSubLink(Name, Parent)
{
    public override string ToString() => $"adding macvlan {Place} on {Parent}";
}

/// <summary>It has its parent's MAC. Its mode and flag become those of every other one on that parent. EBUSY beside macvlan.</summary>
public sealed record AddIpvlan(string Name, string Parent, IpvlanInfo Ipvlan) : AddSubLink(Name, Parent)
{
    public override string ToString() => $"adding ipvlan {Place} on {Parent}";
}

/// <summary>An 802.1Q link. EEXIST when the parent has that id already.</summary>
public sealed record AddVlan(string Name, string Parent, int Id) : AddSubLink(Name, Parent)
{
    public override string ToString() => $"adding VLAN {Place} with id {Id} on {Parent}";
}
