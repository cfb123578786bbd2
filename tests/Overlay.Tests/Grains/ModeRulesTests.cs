using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Sandboxes;
using Xunit;

namespace Overlay.Tests.Grains;

/// <summary>Each flag with --network host, none and container:NAME.</summary>
public sealed class ModeRulesTests
{
    private static readonly Attachment Shop = AttachmentOf("shop", "overlay", new());

    public static readonly TheoryData<string, CreateSandbox, string> Refused = Requests(
        ("container", "-p", r => r with { Ports = [Port] }, "the ports are those of 'web'"),
        ("container", "-P", r => r with { PublishAll = true }, "the ports are those of 'web'"),
        ("container", "--expose", r => r with { Exposed = [new() { Protocol = "tcp", Port = 80 }] }, "the ports are those of 'web'"),
        ("container", "--hostname", r => r with { Hostname = "other" }, "the host name is that of 'web'"),
        ("container", "--add-host", r => r with { ExtraHosts = [new() { Name = "db" }] }, "files are those of 'web'"),
        ("container", "--dns", r => r with { DnsServers = [Address.Parse("192.0.2.53")] }, "files are those of 'web'"),
        ("container", "--dns-search", r => r with { DnsSearch = ["example.com"] }, "files are those of 'web'"),
        ("container", "--dns-option", r => r with { DnsOptions = ["ndots:2"] }, "files are those of 'web'"),
        ("container", "cannot join its own network", r => r with { Name = "web" }, "name another sandbox"),
        ("container", "does not say whose network", r => r with { Join = "" }, "use container:NAME"),
        ("container", "does not say whose network", r => r with { Join = null }, "use container:NAME"),
        ("host", "can only be joined with mode container", r => r with { Join = "web" }, "leave one of them out"),
        ("host", "-p", r => r with { Ports = [Port] }, "has the host's own ports"),
        ("host", "-P", r => r with { PublishAll = true }, "has the host's own ports"),
        ("none", "-p", r => r with { Ports = [Port] }, "nothing can reach"),
        ("none", "-P", r => r with { PublishAll = true }, "nothing can reach"),
        ("none", "--add-host gw:host-gateway", r => r with { ExtraHosts = [new() { Name = "gw" }] }, "no way to its host"),
        ("elsewhere", "no mode 'elsewhere'", r => r, "isolated, none, host, container"));

    /// <summary>As in Docker: what a command has also where it has no network of its own.</summary>
    public static readonly TheoryData<string, CreateSandbox, string> Allowed = Requests(
        ("host", "--hostname", r => r with { Hostname = "other" }, "host"),
        ("host", "--add-host", r => r with { ExtraHosts = [new() { Name = "gw" }] }, "host"),
        ("host", "--dns", r => r with { DnsServers = [Address.Parse("192.0.2.53")] }, "host"),
        ("host", "--expose", r => r with { Exposed = [new() { Protocol = "tcp", Port = 80 }] }, "host"),
        ("none", "--hostname", r => r with { Hostname = "other" }, "none"),
        ("none", "--add-host", r => r with { ExtraHosts = [new() { Name = "db", Address = Address.Parse("192.0.2.1") }] }, "none"),
        ("none", "--dns", r => r with { DnsServers = [Address.Parse("192.0.2.53")] }, "none"),
        ("container", "nothing but a name", r => r with { Name = "helper" }, "container"));

    public static readonly TheoryData<string, ConnectOptions> OfAnEndpoint = new()
    {
        { "--ip", new() { Ip = Address.Parse("10.0.0.9") } },
        { "--ip6", new() { Ip6 = Address.Parse("fd00::9") } },
        { "--network-alias", new() { Aliases = ["www"] } },
        { "--mac-address", new() { Mac = MacAddress.Parse("02:42:0a:01:00:02") } },
        { "gw-priority", new() { GatewayPriority = 3 } },
        { "driver-opt", new() { DriverOptions = ImmutableDictionary<string, string>.Empty.Add("ifname", "eth7") } },
    };

    private static PortRequest Port => new() { Protocol = "tcp", SandboxPort = 80 };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Flag_ThatMakesNoSense_IsRefusedWithTheReason(string flag, CreateSandbox request, string reason)
    {
        var refusal = Assert.Throws<RefusalException>(() => ModeRules.ModeOf(request, []));
        Assert.Equal(ErrorCodes.InvalidArgument, refusal.Code);
        Assert.Contains(flag, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public void Flag_ThatMakesSense_IsTaken(string flag, CreateSandbox request, string with) =>
        Assert.True(ModeRules.ModeOf(request, []) == with, $"{flag} with {with}");

    [Theory]
    [MemberData(nameof(OfAnEndpoint))]
    public void FlagOfAnEndpoint_OnTheHostNetworkOrNone_IsRefused(string flag, ConnectOptions options)
    {
        foreach (var driver in new[] { "host", "none" })
        {
            var refusal = Assert.Throws<RefusalException>(() => ModeRules.ModeOf(new(), [AttachmentOf(driver, driver, options)]));
            Assert.StartsWith($"{flag} makes no sense with --network {driver}: there is no endpoint", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AnotherNetworkBeside_IsRefusedWithEachMode()
    {
        foreach (var driver in new[] { "host", "none" })
        {
            var alone = AttachmentOf(driver, driver, new());
            Assert.Equal(driver, ModeRules.ModeOf(new(), [alone]));
            RefusesAnother(new(), alone, Shop);
            RefusesAnother(new(), Shop, alone);
            RefusesAnother(new() { Mode = driver }, Shop);
        }
        RefusesAnother(new(), AttachmentOf("host", "host", new()), AttachmentOf("none", "none", new()));
        RefusesAnother(new() { Mode = "container", Join = "web" }, Shop);
        RefusesAnother(new() { Mode = "container", Join = "web" }, AttachmentOf("host", "host", new()));
    }

    [Theory]
    [InlineData("host", true, "cannot be connected to network 'shop': its network is the host's own; make another one with --network shop")]
    [InlineData("host", false, "cannot be disconnected from network 'shop': its network is the host's own; make another one with --network NETWORK")]
    [InlineData("none", true, "cannot be connected to network 'shop': it was made without network; make another one with --network shop")]
    [InlineData("none", false, "cannot be disconnected from network 'shop': it was made without network; make another one")]
    [InlineData("container", true, "cannot be connected to network 'shop': its network is that of sandbox 'web'; connect that one: overlay network connect shop web")]
    [InlineData("container", false, "its network is that of sandbox 'web'; disconnect that one: overlay network disconnect shop web")]
    public void ConnectOrDisconnect_WithoutEndpoints_IsRefusedWithWhatWouldWork(string mode, bool connect, string text)
    {
        var refusal = Assert.Throws<RefusalException>(
            () => ModeRules.RequireEndpoints(Record("box", mode), mode == "container" ? Record("web", "isolated") : null, Shop.Network, connect));
        Assert.Equal((ErrorCodes.Unsupported, mode), (refusal.Code, refusal.Details["mode"]));
        Assert.Contains(text, refusal.Message, StringComparison.Ordinal);
        ModeRules.RequireEndpoints(Record("box", "isolated"), null, Shop.Network, connect);
    }

    [Fact]
    public void ConnectOfOneThatJoins_ThatHasNoEndpointsItself_OrIsGone_SaysSo()
    {
        var onHost = Assert.Throws<RefusalException>(() => ModeRules.RequireEndpoints(Record("box", "container"), Record("web", "host"), Shop.Network, connect: true));
        Assert.EndsWith("make another one with --network shop", onHost.Message, StringComparison.Ordinal);
        var gone = Assert.Throws<RefusalException>(() => ModeRules.RequireEndpoints(Record("box", "container"), null, Shop.Network, connect: true));
        Assert.Contains("a sandbox that is gone", gone.Message, StringComparison.Ordinal);
    }

    private static void RefusesAnother(CreateSandbox request, params Attachment[] attachments) => Assert.Contains(
        "can be on no other network", Assert.Throws<RefusalException>(() => ModeRules.ModeOf(request, [.. attachments])).Message, StringComparison.Ordinal);

    private static TheoryData<string, CreateSandbox, string> Requests(params (string Mode, string Flag, Func<CreateSandbox, CreateSandbox> With, string Expected)[] rows)
    {
        var data = new TheoryData<string, CreateSandbox, string>();
        foreach (var (mode, flag, with, expected) in rows)
            data.Add(flag, with(new() { Mode = mode, Join = mode == SandboxModes.Container ? "web" : null }), expected);
        return data;
    }

    private static Attachment AttachmentOf(string name, string driver, ConnectOptions options) =>
        new(new NetworkRecord { Id = new(1), Name = name, Driver = driver }, options);

    private static SandboxRecord Record(string name, string mode) => new() { Id = new(2), Name = name, Host = "h1", Hostname = name, Mode = mode };
}
