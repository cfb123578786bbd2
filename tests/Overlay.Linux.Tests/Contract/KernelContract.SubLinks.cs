using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    public static TheoryData<MacvlanMode> MacvlanModes => [.. Enum.GetValues<MacvlanMode>()];

    [Theory]
    [MemberData(nameof(MacvlanModes))]
    public void AddMacvlan_IsMadeInTheOtherNamespace_OnItsParent(MacvlanMode mode)
    {
        _host.Apply([new AddVeth("wire", "far", _host) { Up = true, Mac = Mac("02:40:00:00:00:31"), Mtu = 1400 }, new AddMacvlan("first", "wire", mode) { Space = _other }]);
        var link = _other.FindLink("first")!;
        Assert.Equal(("macvlan", mode, null), (link.Kind, link.Macvlan, link.Ipvlan));
        Assert.Equal((Index(_host, "wire"), 1400, false), (link.PeerIndex, link.Mtu, link.IsUp));
        Assert.Equal(mode == MacvlanMode.Passthru, link.Mac == Mac("02:40:00:00:00:31"));
        Assert.Null(_host.FindLink("first"));

        _other.Apply([new SetLink("first") { Rename = "eth0", Alias = "overlay:c/h/ID", Up = true }]);
        Assert.Equal((link.Index, "overlay:c/h/ID", true), (Index(_other, "eth0"), _other.FindLink("eth0")!.Alias, _other.FindLink("eth0")!.IsUp));
    }

    [Fact]
    public void AddMacvlan_HasTheMacAndMtuAskedFor_AndNoMoreThanItsParents()
    {
        _host.Apply([new AddBridge("br") { Up = true, Mtu = 1400 }]);
        _host.Apply([new AddMacvlan("mv", "br", MacvlanMode.Bridge) { Space = _other, Mac = Mac("02:40:00:00:00:32"), Mtu = 1300 }]);
        Assert.Equal((Mac("02:40:00:00:00:32"), 1300), (_other.FindLink("mv")!.Mac!.Value, _other.FindLink("mv")!.Mtu));
        Assert.Equal(EINVAL, Refused(_other, new SetLink("mv") { Mtu = 1500 }).Errno);
    }

    [Fact]
    public void ParentsMtu_TakesItsLinksDown_AndNotUpAgain()
    {
        _host.Apply([new AddBridge("br") { Mtu = 1500 }, new AddMacvlan("mv", "br", MacvlanMode.Bridge) { Space = _other }]);
        _host.Apply([new SetLink("br") { Mtu = 1400 }]);
        Assert.Equal(1400, _other.FindLink("mv")!.Mtu);
        _host.Apply([new SetLink("br") { Mtu = 1500 }]);
        Assert.Equal(1400, _other.FindLink("mv")!.Mtu);
    }

    [Fact]
    public void Passthru_SharesItsParentWithNobody()
    {
        _host.Apply([new AddVeth("wire", "far", _host), new AddMacvlan("alone", "wire", MacvlanMode.Passthru) { Space = _other }]);
        Assert.Equal(EINVAL, Refused(_host, new AddMacvlan("second", "wire", MacvlanMode.Bridge) { Space = _other }).Errno);
        _host.Apply([new AddMacvlan("first", "far", MacvlanMode.Bridge) { Space = _other }]);
        Assert.Equal(EINVAL, Refused(_host, new AddMacvlan("second", "far", MacvlanMode.Passthru) { Space = _other }).Errno);
    }

    [Fact]
    public void SubLink_EndsWithItsParent()
    {
        _host.Apply([new AddBridge("br"), new AddMacvlan("mv", "br", MacvlanMode.Bridge) { Space = _other }]);
        _host.Apply([new DeleteLink("br")]);
        Assert.Null(_other.FindLink("mv"));
    }

    [Fact]
    public void SubLink_OfAParentThatIsNotThere_NamesIt()
    {
        var refusal = Refused(_host, new AddMacvlan("mv", "br", MacvlanMode.Bridge) { Space = _other });
        Assert.Equal(ENODEV, refusal.Errno);
        Assert.StartsWith($"adding macvlan mv in {_otherName} on br in {_hostName}: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SubLink_MadeElsewhere_WithAliasOrMaster_IsRefused()
    {
        _host.Apply([new AddBridge("br")]);
        Assert.Equal(EINVAL, Refused(_host, new AddMacvlan("mv", "br", MacvlanMode.Bridge) { Space = _other, Alias = "ours" }).Errno);
        Assert.Null(_other.FindLink("mv"));
    }

    [Theory]
    [Trait("Kernel", "vm")]
    [InlineData(IpvlanMode.L2, IpvlanFlag.Bridge)]
    [InlineData(IpvlanMode.L2, IpvlanFlag.Private)]
    [InlineData(IpvlanMode.L3, IpvlanFlag.Vepa)]
    [InlineData(IpvlanMode.L3s, IpvlanFlag.Bridge)]
    public void AddIpvlan_HasItsParentsMac_AndItsModeIsTheParents(IpvlanMode mode, IpvlanFlag flag)
    {
        _host.Apply([new AddVeth("wire", "far", _host) { Mac = Mac("02:40:00:00:00:33") }]);
        _host.Apply([new AddIpvlan("first", "wire", new(IpvlanMode.L2, IpvlanFlag.Vepa)) { Space = _other }, new AddIpvlan("second", "wire", new(mode, flag)) { Space = _other }]);
        Assert.Equal(("ipvlan", Mac("02:40:00:00:00:33")), (_other.FindLink("second")!.Kind, _other.FindLink("second")!.Mac!.Value));
        Assert.All(["first", "second"], name => Assert.Equal(new IpvlanInfo(mode, flag), _other.FindLink(name)!.Ipvlan));
        Assert.Equal(EBUSY, Refused(_host, new AddMacvlan("third", "wire", MacvlanMode.Bridge) { Space = _other }).Errno);
    }

    [Fact]
    [Trait("Kernel", "vm")]
    public void AddVlan_HasItsIdAndParent_OnceEach()
    {
        _host.Apply([new AddBridge("br") { Up = true }, new AddVlan("br.20", "br", 20) { Alias = "overlay:c/h/ID", Up = true }]);
        var link = _host.FindLink("br.20")!;
        Assert.Equal(("vlan", 20, "overlay:c/h/ID", true), (link.Kind, link.VlanId, link.Alias, link.IsUp));
        Assert.Equal(Index(_host, "br"), link.PeerIndex);
        Assert.Equal(EEXIST, Refused(_host, new AddVlan("again", "br", 20)).Errno);
        Assert.Equal(EINVAL, Refused(_host, new AddVlan("br.0", "br", 4095)).Errno);
    }
}
