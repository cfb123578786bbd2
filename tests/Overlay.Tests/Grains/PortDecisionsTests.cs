using System.Collections.Immutable;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ports;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosts;
using Xunit;

namespace Overlay.Tests.Grains;

public sealed class PortDecisionsTests
{
    private static readonly Moment Now = new(DateTimeOffset.UnixEpoch, 7);
    private static readonly SandboxRecord Web = Sandbox(1, "web"), Other = Sandbox(2, "other");

    private readonly RosterState _state = RosterState.Empty.With(Web).With(Other);

    [Fact]
    public void Publish_OneTaken_TakesNone()
    {
        var state = Publish(_state, Other, Port(8080)).Next;
        var refused = Assert.Throws<RefusalException>(() => { Publish(state, Web, Port(9090), Port(8080)); });
        Assert.Equal((ErrorCodes.PortTaken, "other"), (refused.Code, refused.Details["holder"]));
        Assert.Null(state.Ports.HolderOf("tcp", null, 9090));
    }

    [Fact]
    public void Publish_LeftOpen_KeepsClearOfWhatTheHostsProgramsUse()
    {
        var published = PortDecisions.Publish(
            _state, Now, Web.Id, [Port(null), Port(9000, last: 9002)], [new("tcp", HostPorts.FirstChosen), new("udp", HostPorts.FirstChosen + 1), new("tcp", 9000)]);
        Assert.Equal([HostPorts.FirstChosen + 1, 9001], published.Reply.Ports.Select(p => p.HostPort));
        var refused = Assert.Throws<RefusalException>(() => { PortDecisions.Publish(_state, Now, Web.Id, [Port(9000, last: 9000)], [new("tcp", 9000)]); });
        Assert.Contains("a program of the host", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("80", "127.0.0.1:81 *:8080 192.0.2.1:8080")]
    [InlineData("8080:80", "*:8080 192.0.2.1:8080")]
    [InlineData("0.0.0.0:8080:80", "*:8080")]
    [InlineData("192.0.2.1:8080:80", "192.0.2.1:8080")]
    [InlineData("127.0.0.1::80", "127.0.0.1:81")]
    [InlineData("8000-8100:80", "*:8080 192.0.2.1:8080")]
    [InlineData("53/udp", "*:53")]
    public void Unpublish_WhatIsLeftOut_MatchesAny(string spec, string removed)
    {
        var state = Publish(_state, Web, Port(81, at: "127.0.0.1"), Port(8080)).Next;
        // Not free beside the one at every address; still there from a time when it was.
        var record = state.Sandboxes[Web.Id];
        var both = record.Ports.Add(new() { Protocol = "tcp", HostAddress = Address.Parse("192.0.2.1"), HostPort = 8080, SandboxPort = 80 })
            .Add(new() { Protocol = "udp", HostPort = 53, SandboxPort = 53 });

        var decision = PortDecisions.Unpublish(state.With(record with { Ports = both }), Now, Web.Id, Requests(spec));

        Assert.Equal(removed, string.Join(' ', decision.Reply.Ports.Select(p => $"{p.HostAddress?.ToString() ?? "*"}:{p.HostPort}")));
        Assert.Equal(both.Except(decision.Reply.Ports), decision.Next.Sandboxes[Web.Id].Ports);
        Assert.Equal(Web.Id, RecordCodec.Decode<SandboxRecord>(Assert.Single(decision.Changes).Value!).Id);
    }

    [Fact]
    public void Unpublish_OneNotPublished_TakesNoneAway_AndSaysWhatThereIs()
    {
        var state = Publish(_state, Web, Port(8080), Port(8081)).Next;
        var refused = Assert.Throws<RefusalException>(() => { PortDecisions.Unpublish(state, Now, Web.Id, Requests("8080:80", "443")); });
        Assert.Equal((ErrorCodes.NotPublished, "443/tcp"), (refused.Code, refused.Details["port"]));
        Assert.Contains("8080:80/tcp, 8081:80/tcp", refused.Message, StringComparison.Ordinal);
        var nothing = Assert.Throws<RefusalException>(() => { PortDecisions.Unpublish(_state, Now, Web.Id, Requests("80")); });
        Assert.EndsWith("it publishes nothing", nothing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unpublish_FreesTheHostPort_ForAnother()
    {
        var state = PortDecisions.Unpublish(Publish(_state, Web, Port(8080)).Next, Now, Web.Id, Requests("80")).Next;
        Assert.Equal(8080, Assert.Single(Publish(state, Other, Port(8080)).Reply.Ports).HostPort);
    }

    [Fact]
    public void Withdraw_TakesOnlyThose_AndIsHarmlessWhenTheSandboxIsGone()
    {
        var first = Publish(_state, Web, Port(8080));
        var second = Publish(first.Next, Web, Port(8081));
        var withdrawn = PortDecisions.Withdraw(second.Next, Now, Web.Id, second.Reply.Ports);
        Assert.Equal<PublishedPort>(first.Reply.Ports, withdrawn.Next.Sandboxes[Web.Id].Ports);
        Assert.Null(withdrawn.Next.Ports.HolderOf("tcp", null, 8081));
        Assert.Empty(PortDecisions.Withdraw(_state.Without(Web), Now, Web.Id, first.Reply.Ports).Changes);
    }

    private static Decision<RosterState, PortsReply> Publish(RosterState state, SandboxRecord sandbox, params PortRequest[] ports) =>
        PortDecisions.Publish(state, Now, sandbox.Id, [.. ports], []);

    private static PortRequest Port(int? host, string? at = null, int? last = null) => new()
    {
        Protocol = "tcp", HostAddress = at is null ? null : Address.Parse(at), HostPort = host, HostPortLast = last, SandboxPort = 80,
    };

    private static ImmutableArray<PortRequest> Requests(params string[] specs) =>
    [
        .. specs.SelectMany(s => PortParser.Parse(s)).Select(m => new PortRequest
        {
            Protocol = m.Protocol, HostAddress = m.HostAddress, HostPort = m.HostPort, HostPortLast = m.HostPortLast, SandboxPort = m.SandboxPort,
        }),
    ];

    private static SandboxRecord Sandbox(ulong id, string name) => new() { Id = new ObjectId(id), Name = name, Host = "h1", Hostname = name };
}
