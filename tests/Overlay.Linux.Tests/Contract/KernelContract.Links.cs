using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    [Fact]
    public void AddBridge_HasEverythingAskedFor()
    {
        _host.Apply([new AddBridge("br") { Mac = Mac("02:40:00:00:00:01"), Mtu = 1450, Group = 77, Alias = "overlay:c/h/ID", Up = true }]);
        var link = _host.FindLink("br")!;
        Assert.Equal("bridge", link.Kind);
        Assert.Equal(Mac("02:40:00:00:00:01"), link.Mac);
        Assert.Equal((1450, 77, "overlay:c/h/ID", true), (link.Mtu, link.Group, link.Alias, link.IsUp));
        Assert.Equal(new BridgeInfo { MulticastSnooping = false }, link.Bridge);
        Assert.Equal(link, _host.DumpLinks().Single(other => other.Name == "br"));
    }

    [Fact]
    public void AddBridge_TakenName_LeavesTheOtherLinkAlone()
    {
        _host.Apply([new AddBridge("br") { Alias = "theirs" }]);
        var refusal = Refused(
            _host,
            new AddBridge("br") { Alias = "ours" },
            new SetLink("br") { Up = true },
            new AddAddress("br", Ip("10.40.0.1"), 24),
            new AddBridge("br2"));
        Assert.Equal(EEXIST, refusal.Errno);
        Assert.StartsWith($"adding bridge br in {_hostName}: ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([ENODEV, ENODEV], refusal.Further.Select(failure => failure.Errno));
        Assert.Equal(("theirs", false), (_host.FindLink("br")!.Alias, _host.FindLink("br")!.IsUp));
        Assert.DoesNotContain(_host.DumpAddresses(), address => address.LinkIndex == Index(_host, "br"));
        Assert.NotNull(_host.FindLink("br2"));
    }

    [Fact]
    public void AddVxlan_HasEverythingAskedFor()
    {
        _host.Apply([
            new AddBridge("br"),
            new AddVxlan("vx4", 0x100001, Ip("192.0.2.1"), 4789) { Master = "br", Mtu = 1450, Mac = Mac("02:40:00:00:ff:01") },
            new AddVxlan("vx6", 0x100002, Ip("fd99::1"), 4789),
        ]);
        var v4 = _host.FindLink("vx4")!;
        Assert.Equal("vxlan", v4.Kind);
        Assert.Equal(new VxlanInfo { Vni = 0x100001, Local = Ip("192.0.2.1"), Port = 4789 }, v4.Vxlan);
        Assert.Equal((Index(_host, "br"), 1450, Mac("02:40:00:00:ff:01")), (v4.Master, v4.Mtu, v4.Mac!.Value));
        Assert.Equal(Ip("fd99::1"), _host.FindLink("vx6")!.Vxlan!.Local);
    }

    [Fact]
    public void AddVxlan_SameVniAndPort_IsRefused()
    {
        _host.Apply([new AddVxlan("vx1", 0x100001, Ip("192.0.2.1"), 4789)]);
        Assert.Equal(EEXIST, Refused(_host, new AddVxlan("vx2", 0x100001, Ip("192.0.2.1"), 4789)).Errno);
    }

    [Fact]
    public void AddVeth_PeerIsInTheOtherNamespace()
    {
        _host.Apply([new AddVeth("port", "eth0", _other) { Up = true, PeerMac = Mac("02:40:00:00:01:11"), PeerMtu = 1400, Index = 4241, PeerIndex = 4242 }]);
        var port = _host.FindLink("port")!;
        var peer = _other.FindLink("eth0")!;
        Assert.Null(_host.FindLink("eth0"));
        Assert.Equal((4242, Mac("02:40:00:00:01:11"), 1400, false), (peer.Index, peer.Mac!.Value, peer.Mtu, peer.IsUp));
        Assert.Equal((4241, EINVAL), (port.Index, Refused(_host, new AddVeth("port2", "eth1", _other) { PeerIndex = 4243 }).Errno));
        Assert.Equal((4242, port.Index), (port.PeerIndex, peer.PeerIndex));
        Assert.NotNull(port.PeerNamespaceNumber);
        Assert.Equal(_host.NumberOf(_other), port.PeerNamespaceNumber);
        Assert.Equal("veth", port.Kind);
    }

    [Fact]
    public void AddVeth_PeerNameTaken_MakesNothing()
    {
        _other.Apply([new AddBridge("eth0")]);
        Assert.Equal(EEXIST, Refused(_host, new AddVeth("port", "eth0", _other)).Errno);
        Assert.Null(_host.FindLink("port"));
    }

    [Fact]
    public void AddVeth_MasterThatIsNotThere_NamesIt()
    {
        var refusal = Refused(_host, new AddVeth("port", "eth0", _other) { Master = "br" });
        Assert.Equal(ENODEV, refusal.Errno);
        Assert.Null(_host.FindLink("port"));
        Assert.Null(_other.FindLink("eth0"));
    }

    [Fact]
    public void NumberOf_NamespaceWithoutPeers_IsNull() => Assert.Null(_host.NumberOf(_other));

    [Fact]
    public void SetLink_ChangesOnlyWhatIsGiven()
    {
        _host.Apply([new AddBridge("br"), new AddBridge("br2"), new AddVeth("port", "eth0", _other) { Alias = "first" }]);
        _host.Apply([
            new SetLink("port") { Mtu = 1400, Master = "br", Alias = "second", Group = 5 },
            new SetLink("port") { Up = true, Rename = "harbour" },
            new SetLink("harbour") { Mac = Mac("02:40:00:00:01:22") },
        ]);
        var link = _host.FindLink("harbour")!;
        Assert.Equal((1400, "second", 5, true), (link.Mtu, link.Alias, link.Group, link.IsUp));
        Assert.Equal((Index(_host, "br"), Mac("02:40:00:00:01:22")), (link.Master, link.Mac!.Value));
        Assert.NotNull(link.Port);
        _host.Apply([new SetLink("harbour") { Master = "", Alias = "", Up = false }]);
        link = _host.FindLink("harbour")!;
        Assert.Equal((0, null, false), (link.Master, link.Alias, link.IsUp));
        Assert.Null(link.Port);
    }

    [Fact]
    public void SetBridgePort_ChangesOnlyWhatIsGiven()
    {
        _host.Apply([new AddBridge("br"), new AddVxlan("vx", 0x100001, Ip("192.0.2.1"), 4789) { Master = "br" }]);
        Assert.Equal(new BridgePortInfo(), _host.FindLink("vx")!.Port);
        _host.Apply([new SetBridgePort("vx") { Learning = false, Flood = false, MulticastFlood = false, BroadcastFlood = false, NeighbourSuppression = true }]);
        var quiet = new BridgePortInfo { Learning = false, Flood = false, MulticastFlood = false, BroadcastFlood = false, NeighbourSuppression = true };
        Assert.Equal(quiet, _host.FindLink("vx")!.Port);
        _host.Apply([new SetBridgePort("vx") { Isolated = true, Hairpin = true }]);
        Assert.Equal(quiet with { Isolated = true, Hairpin = true }, _host.FindLink("vx")!.Port);
    }

    [Fact]
    public void SetBridgePort_OfNoPort_IsRefused()
    {
        _host.Apply([new AddBridge("br")]);
        Assert.Equal(EOPNOTSUPP, Refused(_host, new SetBridgePort("br") { Learning = false }).Errno);
    }

    [Fact]
    public void SetMulticastSnooping_Changes()
    {
        _host.Apply([new AddBridge("br"), new SetMulticastSnooping("br", true)]);
        Assert.True(_host.FindLink("br")!.Bridge!.MulticastSnooping);
    }

    [Fact]
    public void DeleteLink_TakesThePeerAlong()
    {
        MakeSegment();
        _host.Apply([new DeleteLink("port")]);
        Assert.Null(_host.FindLink("port"));
        Assert.Null(_other.FindLink("eth0"));
        Assert.Equal(ENODEV, Refused(_host, new DeleteLink("port")).Errno);
    }

    [Fact]
    public void DeleteLink_Bridge_FreesItsPorts()
    {
        MakeSegment();
        _host.Apply([new DeleteLink("br")]);
        Assert.Equal(0, _host.FindLink("port")!.Master);
        Assert.DoesNotContain(_host.DumpRoutes(), route => route.Destination == Core.Addressing.Prefix.Parse("10.40.0.0/24"));
    }

    [Fact]
    public void DeleteLinkGroup_DeletesThatGroupOnly()
    {
        for (var i = 0; i < 5; i++)
            _host.Apply([new AddVeth($"p{i}", $"e{i}", _other) { Group = i < 3 ? 900 : 0 }]);
        _host.Apply([new DeleteLinkGroup(900)]);
        Assert.Equal(["lo", "p3", "p4"], _host.DumpLinks().Select(link => link.Name).Order());
        Assert.Equal(["e3", "e4", "lo"], _other.DumpLinks().Select(link => link.Name).Order());
        Assert.Equal(ENODEV, Refused(_host, new DeleteLinkGroup(900)).Errno);
        Assert.Equal(EINVAL, Refused(_host, new DeleteLinkGroup(0)).Errno);
    }

    [Fact]
    public void Apply_LinkThatIsNotThere_NamesItAndDoesTheRest()
    {
        var refusal = Refused(_host, new AddAddress("br", Ip("10.40.0.1"), 24), new AddBridge("br2"), new SetLink("br3") { Up = true });
        Assert.Equal(ENODEV, refusal.Errno);
        Assert.Equal(ENODEV, Assert.Single(refusal.Further).Errno);
        Assert.NotNull(_host.FindLink("br2"));
    }
}
