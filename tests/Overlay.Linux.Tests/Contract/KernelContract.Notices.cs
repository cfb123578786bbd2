using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    [Fact]
    public void ListsOfOneLink_HoldThatLinksAlone_AndNothingOfOneThatIsNotThere()
    {
        MakeSegment();
        var port = new AddVxlan("vx", 0x100001, Ip("192.0.2.1"), 4789) { Master = "br", Up = true };
        _host.Apply([
            port, new AddBridge("other") { Up = true }, new AddAddress("other", Ip("10.41.0.1"), 24), new SetNeighbour("other", Ip("10.41.0.9"), Mac(Remote)),
            new SetNeighbour("br", Ip("10.40.0.12"), Mac(Remote)), new SetBridgeFdb("vx", Mac(Remote)), new SetVxlanFdb("vx", Mac(Remote), Ip("192.0.2.2")),
        ]);
        var (bridge, tunnel) = (Index(_host, "br"), Index(_host, "vx"));

        Assert.Equal(_host.DumpAddresses().Where(a => a.LinkIndex == bridge), _host.DumpAddresses(bridge));
        Assert.Contains(_host.DumpAddresses(bridge), a => a.Address == Ip("10.40.0.1"));
        Assert.Equal([Ip("10.40.0.12")], _host.DumpNeighbours(bridge).Where(n => n.State == NeighbourState.Permanent).Select(n => n.Address));
        Assert.Equal(2, _host.DumpFdb(tunnel).Count(f => f.Mac == Mac(Remote)));
        Assert.All(_host.DumpFdb(tunnel), f => Assert.Equal(tunnel, f.LinkIndex));
        Assert.Contains(_host.DumpRoutes(bridge), r => r.Destination == Prefix.Parse("10.40.0.0/24"));
        Assert.All(_host.DumpRoutes(bridge), r => Assert.Equal(bridge, r.LinkIndex));
        Assert.Equal("br", _host.FindLink(bridge)!.Name);

        const int Nobody = 987_654;
        Assert.Null(_host.FindLink(Nobody));
        Assert.Empty(_host.DumpAddresses(Nobody));
        Assert.Empty(_host.DumpNeighbours(Nobody));
        Assert.Empty(_host.DumpFdb(Nobody));
        Assert.Empty(_host.DumpRoutes(Nobody));
    }

    [Fact]
    public void Watch_TellsOfEachObject_WhichLinkItIsOn()
    {
        MakeSegment();
        _host.Apply([new AddVxlan("vx", 0x100001, Ip("192.0.2.1"), 4789) { Master = "br", Up = true }]);
        var (bridge, tunnel) = (Index(_host, "br"), Index(_host, "vx"));
        using var notices = new NoticeTrap(_host);

        _host.Apply([new SetNeighbour("br", Ip("10.40.0.12"), Mac(Remote)), new SetBridgeFdb("vx", Mac(Remote)), new SetVxlanFdb("vx", Mac(Remote), Ip("192.0.2.2"))]);
        notices.Wait(n => n.Link == bridge && !n.IsGone && n.About is Neighbour { State: NeighbourState.Permanent } set && set.Address == Ip("10.40.0.12") && set.Mac == Mac(Remote));
        notices.Wait(n => n.Link == tunnel && !n.IsGone && n.About is FdbEntry { IsSticky: true } set && set.Bridge == bridge && set.Mac == Mac(Remote));
        notices.Wait(n => n.Link == tunnel && !n.IsGone && n.About is FdbEntry set && set.Destination == Ip("192.0.2.2") && set.Mac == Mac(Remote));

        _host.Apply([new RemoveNeighbour("br", Ip("10.40.0.12")), new RemoveBridgeFdb("vx", Mac(Remote)), new RemoveVxlanFdb("vx", Mac(Remote))]);
        notices.Wait(n => n.Link == bridge && n.IsGone && n.About is Neighbour gone && gone.Address == Ip("10.40.0.12"));
        notices.Wait(n => n.Link == tunnel && n.IsGone && n.About is FdbEntry gone && gone.Bridge == bridge);
        notices.Wait(n => n.Link == tunnel && n.IsGone && n.About is FdbEntry { Bridge: 0 });

        _host.Apply([new SetLink("vx") { Mtu = 1300 }, new DeleteLink("vx")]);
        notices.Wait(n => n is { Kind: KernelEvents.Links, IsGone: false } && n.Link == tunnel);
        notices.Wait(n => n is { Kind: KernelEvents.Links, IsGone: true } && n.Link == tunnel);

        var before = _host.Nftables.Generation;
        _host.Nftables.Run("table inet t { }");
        Assert.Equal(before + 1, _host.Nftables.Generation);
        notices.Wait(n => n.Kind == KernelEvents.Nftables && n.Generation == before + 1);
    }

    [Fact]
    public async Task Delete_ReturnsWhenTheLinkIsGone_AndFailsAsApplyDoes()
    {
        MakeSegment();
        var acknowledged = _host.Delete(["port"]);
        Assert.Null(_host.FindLink("port"));
        await acknowledged;
        Assert.True((await Assert.ThrowsAsync<KernelException>(() => _host.Delete(["port"]))).IsGone);
    }
}
