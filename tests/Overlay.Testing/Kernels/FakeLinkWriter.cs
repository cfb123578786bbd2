using Overlay.Linux;

namespace Overlay.Testing.Kernels;

internal static class FakeLinkWriter
{
    private const int MostPorts = 1023;

    public static int Add(FakeNamespaceState space, AddLink add)
    {
        if (add is AddSubLink sub)
            return AddSubLink(space, sub);
        if (space.Links.ContainsKey(add.Name))
            return Errno.EEXIST;
        if (add is AddVxlan vxlan && space.Links.Values.Any(link => link.Vxlan is { } other && other.Vni == vxlan.Vni && other.Port == vxlan.Port))
            return Errno.EEXIST;
        if (MasterError(space, add.Master) is var error and not 0)
            return error;
        if (add is AddVeth { PeerNamespace: var target } pair && State(target).Links.ContainsKey(pair.PeerName))
            return Errno.EEXIST;
        if (space.FreeIndex(add.Index) is not { } index)
            return Errno.EBUSY;
        var link = new FakeLink(space, index, add.Name, KindOf(add));
        if (add is AddVeth veth && !AddPeer(link, veth))
            return Errno.EBUSY;
        Fill(link, add);
        space.Links.Add(link.Name, link);
        if (add.Master is { Length: > 0 } master)
            Attach(link, space.Links[master]);
        if (add.Up)
            SetUp(link, true);
        return 0;
    }

    public static int Set(FakeNamespaceState space, SetLink set)
    {
        var link = space.Links[set.Name];
        if (set.Rename is { } name && name != link.Name && space.Links.ContainsKey(name))
            return Errno.EEXIST;
        if (set.Master is { Length: > 0 } && MasterError(space, set.Master) is var error and not 0)
            return error;
        if (set.Mtu > link.Parent?.Mtu)
            return link.Kind == "vlan" ? Errno.ERANGE : Errno.EINVAL;
        link.Mac = set.Mac ?? link.Mac;
        SetMtu(link, set.Mtu ?? link.Mtu);
        link.Group = set.Group ?? link.Group;
        if (set.Alias is { } alias)
            link.Alias = alias.Length == 0 ? null : alias;
        if (set.Rename is { } renamed)
        {
            space.Links.Remove(link.Name);
            link.Name = renamed;
            space.Links.Add(renamed, link);
        }
        if (set.Master is { } master && link.Master?.Name != master)
        {
            Detach(link);
            if (master.Length > 0)
                Attach(link, space.Links[master]);
        }
        if (set.Up is { } up && up != link.IsUp)
            SetUp(link, up);
        return 0;
    }

    public static int SetPort(FakeLink link, SetBridgePort set)
    {
        if (link.Port is not { } port)
            return Errno.EOPNOTSUPP;
        link.Port = new BridgePortInfo
        {
            Learning = set.Learning ?? port.Learning,
            Flood = set.Flood ?? port.Flood,
            MulticastFlood = set.MulticastFlood ?? port.MulticastFlood,
            BroadcastFlood = set.BroadcastFlood ?? port.BroadcastFlood,
            NeighbourSuppression = set.NeighbourSuppression ?? port.NeighbourSuppression,
            Isolated = set.Isolated ?? port.Isolated,
            Hairpin = set.Hairpin ?? port.Hairpin,
        };
        return 0;
    }

    public static int SetSnooping(FakeLink link, bool enabled)
    {
        if (link.Bridge is null)
            return Errno.EOPNOTSUPP;
        link.Bridge = new BridgeInfo { MulticastSnooping = enabled };
        return 0;
    }

    public static int Delete(FakeNamespaceState space, FakeLink link)
    {
        if (link.Kind == "")
            return Errno.EOPNOTSUPP;
        space.Remove(link);
        return 0;
    }

    public static int DeleteGroup(FakeNamespaceState space, int group)
    {
        var links = space.Links.Values.Where(link => link.Group == group).ToList();
        if (links.Count == 0)
            return Errno.ENODEV;
        foreach (var link in links.Where(link => space.Links.ContainsValue(link)))
            space.Remove(link);
        return 0;
    }

    public static void Detach(FakeLink link)
    {
        if (link.Master is not { } bridge)
            return;
        foreach (var (mac, port) in bridge.BridgeFdb)
        {
            if (port == link)
                bridge.BridgeFdb.Remove(mac);
        }
        link.Master = null;
        link.Port = null;
    }

    private static void Attach(FakeLink link, FakeLink bridge)
    {
        link.Master = bridge;
        link.Port = new BridgePortInfo();
    }

    private static int MasterError(FakeNamespaceState space, string? master)
    {
        if (string.IsNullOrEmpty(master))
            return 0;
        if (!space.Links.TryGetValue(master, out var bridge))
            return Errno.ENODEV;
        if (bridge.Bridge is null)
            return Errno.EOPNOTSUPP;
        return space.Links.Values.Count(link => link.Master == bridge) >= MostPorts ? Errno.EXFULL : 0;
    }

    private static void SetUp(FakeLink link, bool up)
    {
        link.IsUp = up;
        if (up)
            FakeAddressWriter.AddConnectedRoutes(link);
        else
            FakeAddressWriter.LinkWentDown(link);
    }

    private static bool AddPeer(FakeLink link, AddVeth veth)
    {
        var home = State(veth.PeerNamespace);
        if (home.FreeIndex(veth.PeerIndex) is not { } index)
            return false;
        var peer = new FakeLink(home, index, veth.PeerName, "veth") { Peer = link };
        peer.Mac = veth.PeerMac ?? peer.Mac;
        peer.Mtu = veth.PeerMtu ?? peer.Mtu;
        home.Links.Add(peer.Name, peer);
        link.Peer = peer;
        return true;
    }

    // Down with their parent all of them go; up again only ipvlan.
    private static void SetMtu(FakeLink link, int mtu)
    {
        link.Mtu = mtu;
        foreach (var child in link.Children.Where(c => c.Mtu > mtu || c.Ipvlan is not null))
            SetMtu(child, mtu);
    }

    private static int AddSubLink(FakeNamespaceState space, AddSubLink add)
    {
        var (parent, home) = (space.Links[add.Parent], add.Space is { } elsewhere ? State(elsewhere) : space);
        if (home.Links.ContainsKey(add.Name))
            return Errno.EEXIST;
        if (SubLinkError(parent, add) is var error and not 0)
            return error;
        if (home.FreeIndex(add.Index) is not { } index)
            return Errno.EBUSY;
        var link = new FakeLink(home, index, add.Name, add switch { AddMacvlan => "macvlan", AddIpvlan => "ipvlan", _ => "vlan" })
        {
            Parent = parent,
            Macvlan = (add as AddMacvlan)?.Mode,
            Ipvlan = (add as AddIpvlan)?.Ipvlan,
            VlanId = (add as AddVlan)?.Id,
            Mtu = parent.Mtu,
        };
        // Only a macvlan has a MAC of its own, and in mode passthru it has its parent's.
        link.Mac = add is not AddMacvlan || link.Macvlan == MacvlanMode.Passthru ? parent.Mac : link.Mac;
        parent.Children.Add(link);
        // Mode and flag are the parent's: the last one made decides for all.
        foreach (var sibling in parent.Children.Where(c => c.Ipvlan is not null))
            sibling.Ipvlan = link.Ipvlan;
        Fill(link, add);
        home.Links.Add(link.Name, link);
        if (add.Up)
            SetUp(link, true);
        return 0;
    }

    private static int SubLinkError(FakeLink parent, AddSubLink add) => add switch
    {
        AddVlan vlan when parent.Children.Any(c => c.VlanId == vlan.Id) => Errno.EEXIST,
        AddMacvlan when parent.Children.Any(c => c.Ipvlan is not null) => Errno.EBUSY,
        AddMacvlan macvlan when parent.Children.Any(c => c.Macvlan == MacvlanMode.Passthru || (c.Macvlan is not null && macvlan.Mode == MacvlanMode.Passthru)) => Errno.EINVAL,
        AddIpvlan when parent.Children.Any(c => c.Macvlan is not null) => Errno.EBUSY,
        AddMacvlan when add.Mtu > parent.Mtu => Errno.EINVAL,
        _ => 0,
    };

    private static void Fill(FakeLink link, AddLink add)
    {
        link.Mac = add.Mac ?? link.Mac;
        link.Mtu = add.Mtu ?? link.Mtu;
        link.Group = add.Group ?? 0;
        link.Alias = string.IsNullOrEmpty(add.Alias) ? null : add.Alias;
        if (add is AddBridge bridge)
            link.Bridge = new BridgeInfo { MulticastSnooping = bridge.MulticastSnooping };
        if (add is AddVxlan vxlan)
            link.Vxlan = new VxlanInfo { Vni = vxlan.Vni, Local = vxlan.Local, Port = vxlan.Port, Learning = vxlan.Learning };
    }

    private static string KindOf(AddLink add) => add switch
    {
        AddBridge => "bridge",
        AddVxlan => "vxlan",
        AddVeth => "veth",
        _ => throw new ArgumentException($"the fake kernel does not know {add.GetType().Name}", nameof(add)),
    };

    private static FakeNamespaceState State(INetNamespace space) => ((FakeNamespace)space).State;
}
