using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Xunit;

namespace Overlay.Tests.Names;

public sealed class HostsFileTests
{
    private static readonly Address[] Gateways = [Address.Parse("10.0.0.1"), Address.Parse("fd00::1")];

    [Fact]
    public void Render_LocalhostFirst_ThenTheUsersThenOwn()
    {
        var text = HostsFile.Render([new(Address.Parse("10.9.9.9"), "db")], [new(Address.Parse("10.0.0.5"), "front", "web")]);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("127.0.0.1\tlocalhost", lines[0]);
        Assert.Equal(["10.9.9.9\tdb", "10.0.0.5\tfront web"], lines[^2..]);
    }

    [Theory]
    [InlineData("db:10.0.0.9", "10.0.0.9")]
    [InlineData("db=10.0.0.9", "10.0.0.9")]
    [InlineData("db:fd00::9", "fd00::9")]
    [InlineData("db=fd00::9", "fd00::9")]
    [InlineData("db:[fd00::9]", "fd00::9")]
    [InlineData("db:host-gateway", "10.0.0.1 fd00::1")]
    public void ParseAdded_EveryForm_IsRead(string text, string expected)
    {
        var entries = HostsFile.ParseAdded(text, Gateways);
        Assert.All(entries, e => Assert.Equal(["db"], e.Names));
        Assert.Equal(expected, string.Join(' ', entries.Select(e => e.Address)));
    }

    [Theory]
    [InlineData("db")]
    [InlineData(":10.0.0.1")]
    [InlineData("db:")]
    [InlineData("db:10.0.0")]
    [InlineData("db:[fd00::9")]
    [InlineData("d b:10.0.0.1")]
    [InlineData("d\nb:10.0.0.1")]
    public void ParseAdded_NoEntry_IsRefusedWithTheText(string text)
    {
        var refusal = Assert.Throws<RefusalException>(() => HostsFile.ParseAdded(text, Gateways));
        Assert.Equal(ErrorCodes.InvalidArgument, refusal.Code);
        Assert.Equal(text, refusal.Details["host"]);
    }

    [Fact]
    public void ParseAdded_HostGatewayWithoutAWay_IsRefused() =>
        Assert.Throws<RefusalException>(() => HostsFile.ParseAdded("db:host-gateway", []));
}
