using System.Collections.Immutable;
using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Overlay.Dns.Forwarding;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class UpstreamTimesTests
{
    private static readonly ImmutableArray<Upstream> Servers =
        [.. Enumerable.Range(1, 3).Select(i => new Upstream(new UpstreamServer(Address.Parse($"192.0.2.{i}"), FromSandbox: false), default, HostSockets.Instance))];

    private readonly Overlay.Testing.ManualTime _time = new();
    private readonly UpstreamTimes _times;

    public UpstreamTimesTests() => _times = new(_time);

    [Theory]
    [InlineData(1, 1, 1, "1 2 3")]
    [InlineData(15, 3, 1, "1 2 3")]
    [InlineData(200, 20, 1, "3 2 1")]
    [InlineData(40, 35, 2, "3 1 2")]
    [InlineData(300, 0, 500, "2 1 3")]
    public void Order_OfMeasuredServers_IsTheGivenOneUnlessOneIsMuchSlower(int first, int second, int third, string expected)
    {
        foreach (var (server, took) in Servers.Zip([first, second, third]))
            _times.Took(server, TimeSpan.FromMilliseconds(took));
        Assert.Equal(expected, Order());
    }

    [Fact]
    public void Server_NotMeasuredYet_IsTriedBeforeASlowOne()
    {
        _times.Took(Servers[0], TimeSpan.FromMilliseconds(300));
        Assert.Equal("2 3 1", Order());
    }

    [Fact]
    public void Measure_AfterAMinute_IsForgotten()
    {
        _times.Took(Servers[0], TimeSpan.FromMilliseconds(300));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("1 2 3", Order());
    }

    [Fact]
    public void Measures_OfOneServer_AreSmoothed()
    {
        _times.Took(Servers[0], TimeSpan.FromMilliseconds(4));
        _times.Took(Servers[0], TimeSpan.FromMilliseconds(40));
        Assert.Equal("1 2 3", Order());
        for (var i = 0; i < 10; i++)
            _times.Took(Servers[0], TimeSpan.FromMilliseconds(40));
        Assert.Equal("2 3 1", Order());
    }

    private string Order() => string.Join(' ', _times.InOrder(Servers).Select(s => s.Server.Address.ToString()[^1]));
}
