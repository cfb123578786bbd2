using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    private const string Remote = "02:40:00:00:01:12";

    [Theory]
    [InlineData("10.40.0.12")]
    [InlineData("fd40::12")]
    public void SetNeighbour_AddsAndReplaces_RemoveTakesItAway(string address)
    {
        MakeSegment();
        _host.Apply([new SetNeighbour("br", Ip(address), Mac(Remote))]);
        _host.Apply([new SetNeighbour("br", Ip(address), Mac("02:40:00:00:01:99"))]);
        Assert.Contains(_host.DumpNeighbours(), neighbour => neighbour == new Neighbour
        {
            LinkIndex = Index(_host, "br"),
            Address = Ip(address),
            Mac = Mac("02:40:00:00:01:99"),
            State = NeighbourState.Permanent,
        });
        _host.Apply([new SetNeighbour("br", Ip(address), Mac(Remote)) { State = NeighbourState.NoArp }]);
        Assert.Contains(_host.DumpNeighbours(), neighbour => neighbour.Address == Ip(address) && neighbour.State == NeighbourState.NoArp && neighbour.Mac == Mac(Remote));
        _host.Apply([new RemoveNeighbour("br", Ip(address))]);
        Assert.DoesNotContain(_host.DumpNeighbours(), neighbour => neighbour.Address == Ip(address));
        Assert.True(Refused(_host, new RemoveNeighbour("br", Ip(address))).IsGone);
    }

    [Fact]
    public void SetBridgeFdb_IsStaticAndSticky_MovesWhenReplaced()
    {
        MakeSegment();
        _host.Apply([new AddVxlan("vx", 0x100001, Ip("192.0.2.1"), 4789) { Master = "br" }, new SetBridgeFdb("port", Mac(Remote))]);
        _host.Apply([new SetBridgeFdb("vx", Mac(Remote))]);
        var entry = Assert.Single(_host.DumpFdb(), entry => entry.Mac == Mac(Remote));
        Assert.Equal(new FdbEntry
        {
            LinkIndex = Index(_host, "vx"),
            Mac = Mac(Remote),
            Bridge = Index(_host, "br"),
            IsStatic = true,
            IsSticky = true,
        }, entry);
        Assert.False(entry.IsLearned);
        _host.Apply([new RemoveBridgeFdb("vx", Mac(Remote))]);
        Assert.DoesNotContain(_host.DumpFdb(), known => known.Mac == Mac(Remote));
        Assert.Equal(ENOENT, Refused(_host, new RemoveBridgeFdb("vx", Mac(Remote))).Errno);
    }

    [Fact]
    public void SetBridgeFdb_OnALinkThatIsNoPort_IsRefused()
    {
        _host.Apply([new AddVeth("port", "eth0", _other)]);
        Assert.Equal(EOPNOTSUPP, Refused(_host, new SetBridgeFdb("port", Mac(Remote))).Errno);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", "192.0.2.3")]
    [InlineData("fd99::1", "fd99::2", "fd99::3")]
    public void SetVxlanFdb_HasItsDestination_MovesWhenReplaced(string local, string first, string second)
    {
        _host.Apply([new AddVxlan("vx", 0x100001, Ip(local), 4789), new SetVxlanFdb("vx", Mac(Remote), Ip(first))]);
        _host.Apply([new SetVxlanFdb("vx", Mac(Remote), Ip(second))]);
        Assert.Equal(new FdbEntry
        {
            LinkIndex = Index(_host, "vx"),
            Mac = Mac(Remote),
            Destination = Ip(second),
            IsPermanent = true,
        }, Assert.Single(_host.DumpFdb(), entry => entry.Mac == Mac(Remote)));
        _host.Apply([new RemoveVxlanFdb("vx", Mac(Remote))]);
        Assert.DoesNotContain(_host.DumpFdb(), entry => entry.Mac == Mac(Remote));
        Assert.Equal(ENOENT, Refused(_host, new RemoveVxlanFdb("vx", Mac(Remote))).Errno);
    }

    [Fact]
    public void DumpFdb_ShowsTheBridgesOwnMacsAsPermanent()
    {
        MakeSegment();
        var port = _host.FindLink("port")!;
        var entry = Assert.Single(_host.DumpFdb(), entry => entry.Mac == port.Mac && entry.LinkIndex == port.Index);
        Assert.Equal((true, Index(_host, "br")), (entry.IsPermanent, entry.Bridge));
    }

    [Fact]
    public void PortLeavesItsBridge_ItsEntriesGo()
    {
        MakeSegment();
        _host.Apply([new SetBridgeFdb("port", Mac(Remote)), new SetLink("port") { Master = "" }]);
        Assert.DoesNotContain(_host.DumpFdb(), entry => entry.Mac == Mac(Remote));
    }

    [Fact]
    public void Apply_ManyEntriesInOneBatch_AllArrive()
    {
        const int count = 1000;
        _host.Apply([new AddVxlan("vx", 0x100001, Ip("192.0.2.1"), 4789)]);
        _host.Apply([.. Enumerable.Range(0, count).Select(i => new SetVxlanFdb("vx", new(0x02_40_00_01_00_00UL + (ulong)i), Ip("192.0.2.2")))]);
        Assert.Equal(count, _host.DumpFdb().Select(entry => entry.Mac).Distinct().Count());
    }

    [Fact]
    public void Nftables_TableIsReplacedAtomically()
    {
        Assert.Null(_host.Nftables.List("inet overlay"));
        _host.Nftables.Run("table inet overlay { set s_one { type ipv4_addr; }; }");
        _host.Nftables.Run("add table inet overlay; delete table inet overlay; table inet overlay { set s_two { type ipv4_addr; }; }");
        var table = _host.Nftables.List("inet overlay");
        Assert.StartsWith("table inet overlay {", table, StringComparison.Ordinal);
        Assert.Contains("s_two", table, StringComparison.Ordinal);
        Assert.DoesNotContain("s_one", table, StringComparison.Ordinal);
        Assert.Null(_other.Nftables.List("inet overlay"));
    }

    [Fact]
    public void Nftables_RefusedScript_ChangesNothingAndQuotesTheLine()
    {
        _host.Nftables.Run("table inet overlay { set s_one { type ipv4_addr; }; }");
        var refusal = Assert.Throws<KernelException>(() => _host.Nftables.Run("""
            add set inet overlay s_two { type ipv4_addr; }
            add set inet elsewhere s_three { type ipv4_addr; }
            """));
        Assert.Contains("inet elsewhere s_three", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("No such file or directory", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s_two", _host.Nftables.List("inet overlay"), StringComparison.Ordinal);
    }
}
