using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    [Theory]
    [InlineData("10.40.0.1")]
    [InlineData("fd40::1")]
    public async Task FindHolder_OfAnAddressOnTheSegment_GivesItsMac_WithoutHavingOne(string text)
    {
        MakeSegment();
        _host.Apply([new AddAddress("br", Ip("fd40::1"), 64)]);
        Assert.Equal(_host.FindLink("br")!.Mac, await _other.FindHolder("eth0", Ip(text), CancellationToken.None));
        Assert.Equal(Mac("02:40:00:00:01:11"), await _host.FindHolder("br", Ip("10.40.0.11"), CancellationToken.None));
    }

    [Theory]
    [InlineData("10.40.0.99")]
    [InlineData("fd40::99")]
    public async Task FindHolder_OfAnAddressThatNobodyHas_GivesNone(string text)
    {
        MakeSegment();
        Assert.Null(await _other.FindHolder("eth0", Ip(text), CancellationToken.None));
    }

    [Theory]
    [InlineData("10.40.0.1")]
    [InlineData("fd40::1")]
    public async Task FindHolder_AskedByAMacvlan_HearsTheNetworkOfItsParent(string text)
    {
        MakeSegment();
        _host.Apply([new AddAddress("br", Ip("fd40::1"), 64)]);
        _other.Apply([new AddMacvlan("mv", "eth0", MacvlanMode.Bridge) { Space = _host }]);
        _host.Apply([new SetLink("mv") { Up = true }]);
        Assert.Equal(_host.FindLink("br")!.Mac, await _host.FindHolder("mv", Ip(text), CancellationToken.None));
        // Its parent does not hear what it says.
        Assert.Null(await _host.FindHolder("mv", Ip("10.40.0.11"), CancellationToken.None));
    }

    [Fact]
    public async Task FindHolder_ByALinkThatIsDownOrNotThere_IsRefused()
    {
        _host.Apply([new AddVeth("port", "eth0", _other)]);
        Assert.Equal(ENETDOWN, (await Assert.ThrowsAsync<KernelException>(() => _host.FindHolder("port", Ip("10.40.0.1"), CancellationToken.None))).Errno);
        var absent = await Assert.ThrowsAsync<KernelException>(() => _host.FindHolder("none", Ip("10.40.0.1"), CancellationToken.None));
        Assert.Equal((ENODEV, $"probing 10.40.0.1 on none in {_hostName}"), (absent.Errno, absent.Action));
    }
}
