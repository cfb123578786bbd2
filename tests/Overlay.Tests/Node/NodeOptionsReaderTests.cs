using System.Net;
using Overlay.Contracts.Security;
using Overlay.Node.Configuration;
using Xunit;

namespace Overlay.Tests.Node;

public sealed class NodeOptionsReaderTests : IDisposable
{
    private static readonly string[] Enough = ["--redis", "10.0.0.5:6379", "--tunnel-address", "10.0.0.1"];

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _environment;

    public NodeOptionsReaderTests() => _environment = new() { ["OVERLAY_RESOLV_CONF"] = _directory.Write("resolv.conf", "") };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_OnlyWhatIsRequired_ServesLoopback()
    {
        var options = Accepted(Enough);

        Assert.Equal("h1", options.HostName);
        Assert.Equal("overlay", options.Cluster);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:11111"), options.Silo);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:30000"), options.Gateway);
        Assert.Equal(new DnsEndPoint("10.0.0.5", 6379), options.Redis);
        Assert.Null(options.RedisPassword);
    }

    [Fact]
    public void Read_FlagEnvironmentAndFile_FlagBeatsEnvironmentBeatsFile()
    {
        var file = _directory.Write("overlayd.json", """{ "cluster": "file", "host-name": "file", "redis": "file:1", "vxlan-port": 8472 }""");
        _environment["OVERLAY_CLUSTER"] = "environment";
        _environment["OVERLAY_HOST_NAME"] = "environment";

        var options = Accepted("--config", file, "--cluster=flag", "--tunnel-address", "10.0.0.1");

        Assert.Equal(("flag", "environment", "file", 8472), (options.Cluster, options.HostName, options.Redis!.Host, options.VxlanPort));
    }

    [Fact]
    public void Read_ManyMistakes_ReportsEachWithItsFlagAndWhatWorks()
    {
        var file = _directory.Write("overlayd.json", """{ "tunel-address": "10.0.0.1" }""");

        var errors = Refused(
            "--config", file, "--redis", "nowhere", "--role", "both", "--silo-address", "10.0.0.1:11111", "--gateway-address", "0.0.0.0:1",
            "--vxlan-port", "70000", "--host-name", "-x", "--redis-password-file", "/nonexistent/file", "--state-dir", "here", "--silo", "1");

        Assert.Collection(
            errors,
            e => Assert.Contains("--silo: no such flag", e, StringComparison.Ordinal),
            e => Assert.Contains("did you mean \"tunnel-address\"?", e, StringComparison.Ordinal),
            e => Assert.Contains("--role (OVERLAY_ROLE) both: must be all, control or agent", e, StringComparison.Ordinal),
            e => Assert.Contains("--tunnel-address (OVERLAY_TUNNEL_ADDRESS): is required", e, StringComparison.Ordinal),
            e => Assert.Contains("give --certificates DIR (ca.crt, host.crt, host.key) or use 127.0.0.1:11111", e, StringComparison.Ordinal),
            e => Assert.Contains("--gateway-address (OVERLAY_GATEWAY_ADDRESS) 0.0.0.0:1", e, StringComparison.Ordinal),
            e => Assert.Contains("'-x' cannot name a host", e, StringComparison.Ordinal),
            e => Assert.Contains("--redis (OVERLAY_REDIS) nowhere: must be HOST:PORT", e, StringComparison.Ordinal),
            e => Assert.Contains("--redis-password-file", e, StringComparison.Ordinal),
            e => Assert.Contains("--state-dir (OVERLAY_STATE_DIR) here: must be an absolute path", e, StringComparison.Ordinal),
            e => Assert.Contains("must be a port from 1 to 65535", e, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_ControlRole_NeedsNoTunnelAddress() =>
        Assert.Null(Accepted("--redis", "10.0.0.5:6379", "--role", "control").TunnelAddress);

    [Theory]
    [InlineData("[fd00::5]:6379", "fd00::5")]
    [InlineData("redis.example.org:6379", "redis.example.org")]
    public void Read_RedisByNameOrV6_IsTaken(string text, string host) =>
        Assert.Equal(new DnsEndPoint(host, 6379), Accepted("--redis", text, "--tunnel-address", "10.0.0.1").Redis);

    [Fact]
    public void Read_PasswordFile_IsReadWithoutItsLineEnd() =>
        Assert.Equal("secret", Accepted([.. Enough, "--redis-password-file", _directory.Write("password", "secret\n")]).RedisPassword);

    [Fact]
    public void Read_Certificates_ServesTheTunnelAddress()
    {
        using (var authority = CertificateAuthority.Create("overlay", TimeSpan.FromHours(1), TimeProvider.System))
            authority.IssueHost(_directory.Path, "h1");

        var options = Accepted([.. Enough, "--certificates", _directory.Path]);

        Assert.Equal(IPEndPoint.Parse("10.0.0.1:11111"), options.Silo);
        Assert.Equal(IPEndPoint.Parse("10.0.0.1:30000"), options.Gateway);
    }

    [Fact]
    public void Read_CertificateOfAnotherHost_IsRefused()
    {
        using (var authority = CertificateAuthority.Create("overlay", TimeSpan.FromHours(1), TimeProvider.System))
            authority.IssueHost(_directory.Path, "h2");

        Assert.Contains("certificate of 'h2', and this host is 'h1'", Assert.Single(Refused([.. Enough, "--certificates", _directory.Path])), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FlagWithoutValueAndFlagTwice_AreRefused() => Assert.Collection(
        Refused("--redis", "--cluster", "a", "--cluster", "b", "--role", "control", "--redis=h:1"),
        e => Assert.Contains("--redis: takes a value", e, StringComparison.Ordinal),
        e => Assert.Contains("--cluster: given twice", e, StringComparison.Ordinal));

    private NodeOptions Accepted(params string[] arguments)
    {
        var (options, errors) = NodeOptionsReader.Read(arguments, _environment.GetValueOrDefault, "h1");
        Assert.Empty(errors);
        return options!;
    }

    private IReadOnlyList<string> Refused(params string[] arguments)
    {
        var (options, errors) = NodeOptionsReader.Read(arguments, _environment.GetValueOrDefault, "h1");
        Assert.Null(options);
        return errors;
    }
}
