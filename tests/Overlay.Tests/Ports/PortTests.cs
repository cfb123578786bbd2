using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ports;
using Xunit;

namespace Overlay.Tests.Ports;

public sealed class PortTests
{
    [Theory]
    [InlineData("80", "tcp *:?->80")]
    [InlineData("8080:80", "tcp *:8080->80")]
    [InlineData("8080:80/udp", "udp *:8080->80")]
    [InlineData("127.0.0.1:8080:80/tcp", "tcp 127.0.0.1:8080->80")]
    [InlineData("127.0.0.1::80", "tcp 127.0.0.1:?->80")]
    [InlineData("[fd00::1]:53:53/udp", "udp fd00::1:53->53")]
    [InlineData("[fd00::1]::53", "tcp fd00::1:?->53")]
    [InlineData("7000-7001:80-81", "tcp *:7000->80, tcp *:7001->81")]
    [InlineData("80-81", "tcp *:?->80, tcp *:?->81")]
    [InlineData("9000-9010:80", "tcp *:9000..9010->80")]
    public void Parse_EveryForm_IsUnderstood(string text, string expected) => Assert.Equal(expected, string.Join(", ", PortParser.Parse(text).Select(Show)));

    [Theory]
    [InlineData("", "a port is missing")]
    [InlineData("0:80", "'0' is not a port")]
    [InlineData("80:70000", "'70000' is not a port")]
    [InlineData("x:80", "'x' is not a port")]
    [InlineData("80/sctp", "'sctp' is neither tcp nor udp")]
    [InlineData("8000-8002:80-81", "equally long")]
    [InlineData("8002-8000:80-82", "backwards")]
    [InlineData("1-9999:1-9999", "more than 4096 ports")]
    [InlineData("host:80:80", "'host' is no IP address")]
    [InlineData("1.2.3.4:5:6:7", "too many colons")]
    [InlineData("fd00::1:80:80", "too many colons")]
    [InlineData("[fd00::1:80:80", "brackets")]
    [InlineData("[1.2.3.4]:80:80", "brackets")]
    [InlineData("8080:", "a port is missing")]
    public void Parse_AnythingElse_ShowsTheForm(string text, string says)
    {
        var refused = Assert.Throws<RefusalException>(() => PortParser.Parse(text));
        Assert.Equal(ErrorCodes.InvalidArgument, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains(PortParser.Form, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Ipv6Loopback_IsRefusedWithTheReason() =>
        Assert.Contains("kernel", Assert.Throws<RefusalException>(() => PortParser.Parse("[::1]:80:80")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, "10.0.0.1", true)]
    [InlineData("0.0.0.0", "10.0.0.1", true)]
    [InlineData("0.0.0.0", "fd00::1", false)]
    [InlineData("::", "fd00::1", true)]
    [InlineData("::", "10.0.0.1", false)]
    [InlineData("::", "0.0.0.0", false)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("fd00::1", null, true)]
    public void Take_SamePort_CollidesWhereAddressesOverlap(string? one, string? other, bool collides)
    {
        foreach (var (first, second) in new[] { (one, other), (other, one) })
        {
            var ports = HostPorts.Empty.Take(Mapping(first, 80), "web", out _);
            Assert.Equal(collides ? "web" : null, ports.HolderOf("tcp", Parse(second), 80));
            Assert.Null(ports.HolderOf("udp", Parse(second), 80));
            Assert.Null(ports.Without("tcp", Parse(first), 80).HolderOf("tcp", Parse(second), 80));
        }
    }

    [Fact]
    public void Take_PortTaken_NamesTheHolder()
    {
        var ports = HostPorts.Empty.Take(Mapping(null, 80), "web", out _);
        var refused = Assert.Throws<RefusalException>(() => { ports.Take(Mapping("127.0.0.1", 80), "db", out _); });
        Assert.Equal((ErrorCodes.PortTaken, "web"), (refused.Code, refused.Details["holder"]));
    }

    [Fact]
    public void Take_WithoutPort_ChoosesForwardFromTheEphemeralRange_OrFromTheGivenOne()
    {
        var ports = HostPorts.Empty.Take(new("tcp", null, null, null, 80), "a", out var a).Take(new("tcp", null, null, null, 80), "b", out var b);
        Assert.Equal((HostPorts.FirstChosen, HostPorts.FirstChosen + 1), (a, b));
        ports = ports.Take(new("tcp", null, 9000, 9001, 80), "c", out var c).Take(new("tcp", null, 9000, 9001, 80), "d", out var d);
        Assert.Equal((9000, 9001), (c, d));
        Assert.Throws<RefusalException>(() => { ports.Take(new("tcp", null, 9000, 9001, 80), "e", out _); });
    }

    private static PortMapping Mapping(string? address, int port) => new("tcp", Parse(address), port, null, 80);

    private static Address? Parse(string? address) => address is null ? null : Address.Parse(address);

    private static string Show(PortMapping m) =>
        $"{m.Protocol} {m.HostAddress?.ToString() ?? "*"}:{m.HostPort?.ToString() ?? "?"}{(m.HostPortLast is { } last ? $"..{last}" : "")}->{m.SandboxPort}";
}
