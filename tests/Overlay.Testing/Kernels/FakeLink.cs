using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Testing.Kernels;

/// <summary>A link and what hangs on it.</summary>
internal sealed class FakeLink(FakeNamespaceState home, int index, string name, string kind)
{
    public FakeNamespaceState Home { get; } = home;

    public int Index { get; } = index;

    public string Name { get; set; } = name;

    public string Kind { get; } = kind;

    public MacAddress Mac { get; set; } = new(0x02f0_0000_0000UL | (home.Id.Inode & 0xffff) << 16 | (uint)index & 0xffff);

    public int Mtu { get; set; } = kind == "" ? 65536 : 1500;

    public bool IsUp { get; set; }

    public FakeLink? Master { get; set; }

    public FakeLink? Peer { get; set; }

    public int Group { get; set; }

    public string? Alias { get; set; }

    public VxlanInfo? Vxlan { get; set; }

    public BridgeInfo? Bridge { get; set; }

    public BridgePortInfo? Port { get; set; }

    /// <summary>What a macvlan, ipvlan or VLAN link is on top of; it ends with it.</summary>
    public FakeLink? Parent { get; init; }

    public List<FakeLink> Children { get; } = [];

    public MacvlanMode? Macvlan { get; init; }

    public IpvlanInfo? Ipvlan { get; set; }

    public int? VlanId { get; init; }

    public List<InterfaceAddress> Addresses { get; } = [];

    /// <summary>Addresses for which the kernel makes no route, now or when the link comes up.</summary>
    public HashSet<Address> Routeless { get; } = [];

    public Dictionary<Address, Neighbour> Neighbours { get; } = [];

    /// <summary>Entries of this bridge by MAC.</summary>
    public Dictionary<MacAddress, FakeLink> BridgeFdb { get; } = [];

    /// <summary>Tunnel ends of this VXLAN device by MAC.</summary>
    public Dictionary<MacAddress, Address> VxlanFdb { get; } = [];

    public Link Snapshot() => new()
    {
        Index = Index,
        Name = Name,
        Kind = Kind,
        Mac = Mac,
        Mtu = Mtu,
        IsUp = IsUp,
        IsRunning = IsUp && (Peer is null || Peer.IsUp),
        IsLoopback = Kind == "",
        Master = Master?.Index ?? 0,
        Group = Group,
        Alias = Alias,
        PeerIndex = (Peer ?? Parent)?.Index ?? 0,
        PeerNamespaceNumber = (Peer ?? Parent) is not { } other || other.Home == Home ? null : Home.NumberOf(other.Home),
        Vxlan = Vxlan,
        Bridge = Bridge,
        Port = Port,
        Macvlan = Macvlan,
        Ipvlan = Ipvlan,
        VlanId = VlanId,
    };

    public IEnumerable<FdbEntry> Fdb()
    {
        if (Bridge is not null)
            yield return Local(this, Index);
        if (Master is not null)
            yield return Local(this, Master.Index);
        foreach (var (mac, port) in BridgeFdb)
            yield return new FdbEntry { LinkIndex = port.Index, Mac = mac, Bridge = Index, IsStatic = true, IsSticky = true };
        foreach (var (mac, destination) in VxlanFdb)
            yield return new FdbEntry { LinkIndex = Index, Mac = mac, Destination = destination, IsPermanent = true };
    }

    /// <summary>A bridge lists its own MAC and its ports' as permanent entries.</summary>
    private static FdbEntry Local(FakeLink link, int bridge) =>
        new() { LinkIndex = link.Index, Mac = link.Mac, Bridge = bridge, IsPermanent = true };
}
