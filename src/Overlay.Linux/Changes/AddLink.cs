using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>What every new link can have from its first moment.</summary>
public abstract record AddLink(string Name) : KernelChange
{
    public MacAddress? Mac { get; init; }

    public int? Mtu { get; init; }

    /// <summary>Name of a bridge that it becomes a port of.</summary>
    public string? Master { get; init; }

    public int? Group { get; init; }

    public string? Alias { get; init; }

    public bool Up { get; init; }

    /// <summary>The wished interface index; EBUSY when taken. The kernel chooses where null.</summary>
    public int? Index { get; init; }
}

public sealed record AddBridge(string Name) : AddLink(Name)
{
    public bool MulticastSnooping { get; init; }

    public override string ToString() => $"adding bridge {Name}";
}

/// <summary>A VXLAN device that learns nothing and has no default destination.</summary>
public sealed record AddVxlan(string Name, uint Vni, Address Local, int Port) : AddLink(Name)
{
    public bool Learning { get; init; }

    public override string ToString() => $"adding VXLAN {Name} with VNI {Vni} at {Local} port {Port}";
}

/// <summary>A veth pair whose peer is made inside <see cref="PeerNamespace"/> at once. The peer starts down: a veth
/// cannot be up before both ends are registered.</summary>
public sealed record AddVeth(string Name, string PeerName, INetNamespace PeerNamespace) : AddLink(Name)
{
    public MacAddress? PeerMac { get; init; }

    public int? PeerMtu { get; init; }

    /// <summary>The peer's wished index; takes effect only together with <see cref="AddLink.Index"/>.</summary>
    public int? PeerIndex { get; init; }

    public override string ToString() => $"adding veth {Name} with peer {PeerName} in {PeerNamespace.Name}";
}
