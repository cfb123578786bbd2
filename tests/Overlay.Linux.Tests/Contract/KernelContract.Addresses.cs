using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    [Fact]
    public void AddAddress_MakesTheConnectedRoute()
    {
        _host.Apply([new AddBridge("br") { Up = true }, new AddAddress("br", Ip("10.40.0.1"), 24), new AddAddress("br", Ip("fd40::1"), 64)]);
        var index = Index(_host, "br");
        Assert.Contains(_host.DumpAddresses(), address => address == new InterfaceAddress
        {
            LinkIndex = index,
            Address = Ip("10.40.0.1"),
            PrefixLength = 24,
            IsPermanent = true,
        });
        Assert.Contains(_host.DumpAddresses(), address => address.Address == Ip("fd40::1") && address is { PrefixLength: 64, IsPermanent: true });
        Assert.Contains(_host.DumpRoutes(), route => route == new Route
        {
            Destination = Prefix.Parse("10.40.0.0/24"),
            LinkIndex = index,
            PreferredSource = Ip("10.40.0.1"),
            Scope = AddressScope.Link,
            Protocol = Route.KernelProtocol,
        });
        Assert.Contains(_host.DumpRoutes(), route => route == new Route
        {
            Destination = Prefix.Parse(V6Subnet),
            LinkIndex = index,
            Metric = 256,
            Protocol = Route.KernelProtocol,
        });
    }

    [Fact]
    public void AddAddress_NoPrefixRoute_MakesNone()
    {
        _host.Apply([
            new AddBridge("br") { Up = true },
            new AddAddress("br", Ip("10.40.0.1"), 24) { NoPrefixRoute = true },
            new AddAddress("br", Ip("fd40::1"), 64) { NoPrefixRoute = true },
        ]);
        Assert.DoesNotContain(_host.DumpRoutes(), route => route.Destination == Prefix.Parse("10.40.0.0/24") || route.Destination == Prefix.Parse(V6Subnet));
    }

    [Theory]
    [InlineData("10.40.0.1", 24)]
    [InlineData("fd40::1", 64)]
    public void AddAddress_Twice_IsRefused(string address, int length)
    {
        _host.Apply([new AddBridge("br"), new AddAddress("br", Ip(address), length)]);
        var refusal = Refused(_host, new AddAddress("br", Ip(address), length));
        Assert.Equal(EEXIST, refusal.Errno);
        Assert.StartsWith($"adding address {address}/{length} to br in {_hostName}: File exists", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.40.0.1", 24)]
    [InlineData("fd40::1", 64)]
    public void RemoveAddress_TakesItsRouteAlong_AndASecondRemovalIsRefused(string address, int length)
    {
        _host.Apply([new AddBridge("br") { Up = true }, new AddAddress("br", Ip(address), length)]);
        _host.Apply([new RemoveAddress("br", Ip(address), length)]);
        Assert.DoesNotContain(_host.DumpAddresses(), known => known.Address == Ip(address));
        Assert.DoesNotContain(_host.DumpRoutes(), route => route.Destination == new Prefix(Ip(address), length));
        var refusal = Refused(_host, new RemoveAddress("br", Ip(address), length));
        Assert.Equal(EADDRNOTAVAIL, refusal.Errno);
        Assert.True(refusal.IsGone);
    }

    [Theory]
    [InlineData("10.40.0.1", 24, "10.40.0.251", 32, null)]
    [InlineData("fd40::1", 64, "fd40::f1", 128, 256)]
    public void SetRoute_ReplacesTheConnectedRoute(string gateway, int length, string node, int nodeLength, int? metric)
    {
        var subnet = new Prefix(Ip(gateway), length);
        _host.Apply([
            new AddBridge("br") { Up = true },
            new AddAddress("br", Ip(gateway), length),
            new AddAddress("br", Ip(node), nodeLength),
            new SetRoute(subnet) { Link = "br", PreferredSource = Ip(node), Metric = metric },
        ]);
        var route = Assert.Single(_host.DumpRoutes(), route => route.Destination == subnet);
        Assert.Equal((Ip(node), Index(_host, "br"), metric ?? 0), (route.PreferredSource!.Value, route.LinkIndex, route.Metric));
        _host.Apply([new RemoveAddress("br", Ip(node), nodeLength)]);
        Assert.DoesNotContain(_host.DumpRoutes(), other => other.PreferredSource == Ip(node));
    }

    [Theory]
    [InlineData("0.0.0.0/0", "10.40.0.11", 24, "10.40.0.1")]
    [InlineData("::/0", "fd40::11", 64, "fd40::1")]
    public void SetRoute_ByGateway_CanBeRemoved(string destination, string own, int length, string gateway)
    {
        MakeSegment();
        if (!Ip(own).IsV4)
            _other.Apply([new AddAddress("eth0", Ip(own), length)]);
        _other.Apply([new SetRoute(Prefix.Parse(destination)) { Via = Ip(gateway), Link = "eth0" }]);
        var route = Assert.Single(_other.DumpRoutes(), route => route.Destination == Prefix.Parse(destination));
        Assert.Equal((Ip(gateway), Index(_other, "eth0"), (byte)4), (route.Via!.Value, route.LinkIndex, route.Protocol));
        _other.Apply([new RemoveRoute(Prefix.Parse(destination)) { Link = "eth0" }]);
        Assert.DoesNotContain(_other.DumpRoutes(), route => route.Destination == Prefix.Parse(destination));
        var refusal = Refused(_other, new RemoveRoute(Prefix.Parse(destination)) { Link = "eth0" });
        Assert.Equal(ESRCH, refusal.Errno);
        Assert.True(refusal.IsGone);
    }

    [Fact]
    public void SetRoute_UnreachableGateway_IsRefused()
    {
        MakeSegment();
        Assert.Equal(ENETUNREACH, Refused(_other, new SetRoute(Prefix.Parse("0.0.0.0/0")) { Via = Ip("10.99.0.1"), Link = "eth0" }).Errno);
    }

    [Fact]
    public void SetRoute_OnALinkThatIsDown_IsRefused()
    {
        _host.Apply([new AddBridge("br")]);
        Assert.Equal(ENETDOWN, Refused(_host, new SetRoute(Prefix.Parse("10.41.0.0/24")) { Link = "br" }).Errno);
    }

    [Fact]
    public void SetRoute_SourceThatIsNotOurs_IsRefused()
    {
        _host.Apply([new AddBridge("br") { Up = true }]);
        Assert.Equal(EINVAL, Refused(_host, new SetRoute(Prefix.Parse("10.41.0.0/24")) { Link = "br", PreferredSource = Ip("10.99.0.1") }).Errno);
    }

    [Fact]
    public void SetRoute_BlackholeInATableOfItsOwn_IsListedThere()
    {
        _host.Apply([new SetRoute(Prefix.Parse("10.41.0.0/24")) { Kind = RouteKind.Blackhole, Table = 4242, Metric = 7 }]);
        var route = Assert.Single(_host.DumpRoutes(), route => route.Table == 4242);
        Assert.Equal((RouteKind.Blackhole, 7, 0), (route.Kind, route.Metric, route.LinkIndex));
        _host.Apply([new RemoveRoute(Prefix.Parse("10.41.0.0/24")) { Kind = RouteKind.Blackhole, Table = 4242 }]);
        Assert.DoesNotContain(_host.DumpRoutes(), route => route.Table == 4242);
    }

    [Fact]
    public void LinkDown_TakesRoutesAndV6Addresses_KeepsV4Addresses()
    {
        _host.Apply([new AddBridge("br") { Up = true }, new AddAddress("br", Ip("10.40.0.1"), 24), new AddAddress("br", Ip("fd40::1"), 64)]);
        _host.Apply([new SetLink("br") { Up = false }]);
        var index = Index(_host, "br");
        Assert.Equal([Ip("10.40.0.1")], _host.DumpAddresses().Where(address => address.LinkIndex == index).Select(address => address.Address));
        Assert.DoesNotContain(_host.DumpRoutes(), route => route.LinkIndex == index);
        _host.Apply([new SetLink("br") { Up = true }]);
        Assert.Contains(_host.DumpRoutes(), route => route.Destination == Prefix.Parse("10.40.0.0/24"));
    }
}
