using System.Collections.Immutable;
using System.Text.Json;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Tests.Cli;

/// <summary>overlay port, port add and port rm.</summary>
public sealed class PortTests : IDisposable
{
    private readonly CliRun _cli = new();

    public PortTests()
    {
        foreach (var name in new[] { "web", "add", "rm" })
            _cli.Cluster.Sandboxes.Add(Samples.Sandbox(name, "h1"));
    }

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Add_EveryForm_IsOneRequest_AndWhatWasPublishedIsPrinted()
    {
        Assert.Equal(0, await _cli.Do("port add web 8080:80 127.0.0.1::9000/udp 7000-7001:80-81 9000-9010:90"));

        var (verb, sandbox, ports) = _cli.Cluster.Last<(string, string, ImmutableArray<PortRequest>)>();
        Assert.Equal(("port add", "web"), (verb, sandbox));
        Assert.Equal<PortRequest>(
            [
                new() { Protocol = "tcp", HostPort = 8080, SandboxPort = 80 },
                new() { Protocol = "udp", HostAddress = Address.Parse("127.0.0.1"), SandboxPort = 9000 },
                new() { Protocol = "tcp", HostPort = 7000, SandboxPort = 80 }, new() { Protocol = "tcp", HostPort = 7001, SandboxPort = 81 },
                new() { Protocol = "tcp", HostPort = 9000, HostPortLast = 9010, SandboxPort = 90 },
            ],
            ports);
        Assert.StartsWith("80/tcp -> 0.0.0.0:8080\n9000/udp -> 127.0.0.1:32768\n", _cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_WithJson_PrintsWhatWasTakenOff()
    {
        Assert.Equal(0, await _cli.Do("port rm --format json web 8080:80"));
        var port = Assert.Single(JsonDocument.Parse(_cli.Out).RootElement.EnumerateArray());
        Assert.Equal((80, 8080), (port.GetProperty("sandboxPort").GetInt32(), port.GetProperty("hostPort").GetInt32()));
        Assert.Equal("port rm", _cli.Cluster.Last<(string, string, ImmutableArray<PortRequest>)>().Item1);
    }

    [Theory]
    [InlineData("port -- add")]
    [InlineData("port -- rm")]
    public async Task Port_SandboxThatIsCalledLikeAVerb_IsShownBehindDashes(string line)
    {
        Assert.Equal(0, await _cli.Do(line));
        Assert.Contains("80/tcp -> 0.0.0.0:8080", _cli.Out, StringComparison.Ordinal);
        Assert.Empty(_cli.Cluster.Asked);
        Assert.Equal(0, await _cli.Do($"port add {line[^3..].Trim()} 81"));
        Assert.Equal(line[^3..].Trim(), _cli.Cluster.Last<(string, string, ImmutableArray<PortRequest>)>().Item2);
    }

    [Theory]
    [InlineData("port add", "SANDBOX")]
    [InlineData("port add web", "PORTS")]
    [InlineData("port rm web", "PORTS")]
    [InlineData("port add web 99999:80", "'99999' is not a port")]
    [InlineData("port add web [::1]:80:80", "IPv6 loopback")]
    [InlineData("port add web 80 --bogus", "--bogus")]
    public async Task PortChange_Wrong_IsAUsageError_AndNothingIsAsked(string line, string says)
    {
        Assert.Equal(2, await _cli.Do(line));
        Assert.Contains(says, _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Cluster.Asked);
    }

    [Fact]
    public async Task Add_Refused_IsStatusOneAndPrintsNothing()
    {
        _cli.Cluster.Refusal = new RefusalException(ErrorCodes.PortTaken, "host port 80/tcp is published by sandbox 'db'");
        Assert.Equal(1, await _cli.Do("port add web 80:80"));
        Assert.Equal("", _cli.Out);
        Assert.Contains("'db'", _cli.Error, StringComparison.Ordinal);
    }
}
