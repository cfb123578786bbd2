using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Grains.Sandboxes;
using Xunit;

namespace Overlay.Tests.Grains;

/// <summary>Where published ports lead, before and after a change of networks.</summary>
public sealed class PortRulesTests
{
    [Theory]
    [InlineData("shop:bridge", "lan:macvlan", "lan")]
    [InlineData("shop:overlay", "lan:ipvlan", "lan")]
    [InlineData("shop:bridge", "lan:macvlan:-1", null)]
    [InlineData("shop:bridge:1", "lan:macvlan", null)]
    [InlineData("shop:bridge", "zoo:macvlan", null)]
    [InlineData("shop:bridge", "back:internal", null)]
    [InlineData("shop:bridge", "back:bridge", null)]
    [InlineData("", "lan:macvlan", "lan")]
    [InlineData("", "back:internal", "")]
    [InlineData("", "shop:bridge", null)]
    [InlineData("lan:macvlan", "back:internal", null)]
    public void Connect_ThatMovesTheGatewayWherePortsLeadNowhere_IsRefused(string before, string connected, string? to)
    {
        var (old, added) = (Attachments(before), Attachments(connected));
        var refused = Record.Exception(() => PortRules.RequireLead(Web(), old, old.AddRange(added), "connecting it to 'x'")) as RefusalException;

        Assert.Equal(to, refused?.Details["network"]);
        if (to is null)
            return;
        Assert.Equal((ErrorCodes.PortsInUse, "8080:80/tcp,53:53/udp"), (refused!.Code, refused.Details["ports"]));
        Assert.Contains("8080:80/tcp, 53:53/udp", refused.Message, StringComparison.Ordinal);
        Assert.Contains(old.IsEmpty ? "connect it to a bridge or overlay network" : "--gw-priority -1, so that the gateway stays on 'shop'", refused.Message, StringComparison.Ordinal);
        PortRules.RequireLead(Web() with { Ports = [] }, old, old.AddRange(added), "");
    }

    [Theory]
    [InlineData("shop:bridge zoo:macvlan", "zoo")]
    [InlineData("shop:bridge back:internal", "")]
    [InlineData("shop:bridge back:overlay", null)]
    [InlineData("shop:bridge", null)]
    public void Disconnect_ThatLeavesPortsNowhere_IsRefused_ButNotFromTheLastNetwork(string before, string? to)
    {
        var old = Attachments(before);
        var refused = Record.Exception(() => PortRules.RequireLead(Web(), old, old.RemoveAt(0), "disconnecting it from 'shop'")) as RefusalException;
        Assert.Equal(to, refused?.Details["network"]);
        if (to is not null)
            Assert.Contains("--force", refused!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lead_AddressOfAFamilyThatTheNetworkLacks_IsRefused()
    {
        var refused = Assert.Throws<RefusalException>(() => { PortRules.Lead([Port("fd00::1")], Attachments("shop:bridge")); });
        Assert.Equal((ErrorCodes.Unsupported, "fd00::1"), (refused.Code, refused.Details["address"]));
        Assert.Contains("--ipv6", refused.Message, StringComparison.Ordinal);
        Assert.Single(PortRules.Lead([Port("192.0.2.1")], Attachments("shop:bridge")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65536)]
    [InlineData(-1)]
    public void Check_NoPort_IsRefused(int number)
    {
        Assert.Throws<RefusalException>(() => PortRules.Check([Port(null) with { HostPort = number }]));
        Assert.Throws<RefusalException>(() => PortRules.Check([Port(null) with { SandboxPort = number }]));
    }

    private static PortRequest Port(string? at) => new() { Protocol = "tcp", HostAddress = at is null ? null : Address.Parse(at), HostPort = 8080, SandboxPort = 80 };

    private static SandboxRecord Web() => new()
    {
        Id = new ObjectId(1), Name = "web", Host = "h1", Hostname = "web",
        Ports = [new() { Protocol = "tcp", HostPort = 8080, SandboxPort = 80 }, new() { Protocol = "udp", HostPort = 53, SandboxPort = 53 }],
    };

    /// <summary>"shop:bridge:1 back:internal": name, driver (internal: a bridge that is), priority.</summary>
    private static ImmutableArray<Attachment> Attachments(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split(':')).Select((parts, i) => new Attachment(
            new NetworkRecord
            {
                Id = new ObjectId((ulong)i + 1), Name = parts[0], Driver = parts[1] == "internal" ? "bridge" : parts[1], Internal = parts[1] == "internal",
                Subnets = [new() { Id = new ObjectId(9), Prefix = Prefix.Parse("10.1.0.0/24") }],
            },
            new ConnectOptions { GatewayPriority = parts.Length > 2 ? int.Parse(parts[2]) : 0 })),
    ];
}
