using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns.Explaining;
using Overlay.Dns.Wire;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class ExplainTests
{
    [Fact]
    public async Task LocalName_EachRecord_IsAnsweredOrLeftOutWithTheReason()
    {
        using var world = new LoopbackServer();
        var table = Shop.Of(
            Shop.Endpoint(1, "h1", "here web", "10.1.0.1"), Shop.Endpoint(2, "h2", "there web", "10.1.0.2"), Shop.Endpoint(3, "h3", "dead web", "10.1.0.3"),
            Shop.Endpoint(4, "h1", "tired web", "10.1.0.4", draining: true), Shop.Endpoint(5, "h1", "light web", "10.1.0.5", weight: 0));
        table = table.With(Shop.Network, table.Find(Shop.Network)!.WithPolicy("web", new NamePolicy(NamePreference.Local)))
            .With(Shop.Back, new NetworkNames("back").With(Shop.Endpoint(6, "h1", "web", "10.2.0.1")));
        world.Server.Update(table.WithHostDown("h3"));

        var explanation = (await world.Server.ExplainAsync(world.Sandbox, "WEB", RecordType.A))!;

        Assert.Equal(("NOERROR", "the sandbox's networks"), (explanation.Code, explanation.Source));
        Assert.Equal("WEB.\t5\tIN\tA\t10.1.0.1", Assert.Single(explanation.Answer));
        Assert.Equal(
            [("here", RecordFate.Answered), ("there", RecordFate.NotLocal), ("dead", RecordFate.HostDown), ("tired", RecordFate.Draining), ("light", RecordFate.NoWeight), ("web", RecordFate.OtherNetwork)],
            explanation.Records.Select(r => (r.Name, r.Fate)));
        Assert.All(world.Server.Statistics.Values, count => Assert.Equal(0, count));
    }

    [Fact]
    public async Task ForeignName_SaysWhichServerKnewItAndThenTheCache()
    {
        using var upstream = ScriptedUpstream.Answering(7);
        using var world = new LoopbackServer(upstream.Server);
        var first = (await world.Server.ExplainAsync(world.Sandbox, "example.org", RecordType.A))!;
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var second = (await world.Server.ExplainAsync(world.Sandbox, "example.org.", RecordType.A))!;
        Assert.Equal($"upstream server {upstream.Server}", first.Source);
        Assert.Equal($"cache: upstream server {upstream.Server} said so 20 s ago", second.Source);
        Assert.Equal("example.org.\t40\tIN\tA\t192.0.2.7", Assert.Single(second.Answer));
    }

    [Theory]
    [InlineData("9.9.9.10.in-addr.arpa", RecordType.Ptr, "NXDOMAIN", "this host: names of this kind are never forwarded")]
    [InlineData("example.org", RecordType.A, "SERVFAIL", "this host: it knows no upstream server for the sandbox")]
    [InlineData("web", RecordType.Txt, "NOERROR", "the sandbox's networks")]
    [InlineData("web", RecordType.Axfr, "REFUSED", "this host: questions of this kind are not answered")]
    public async Task Denial_SaysWhoDeniesAndWhy(string name, RecordType type, string code, string source)
    {
        using var world = new LoopbackServer();
        var explanation = (await world.Server.ExplainAsync(world.Sandbox, name, type))!;
        Assert.Equal((code, source), (explanation.Code, explanation.Source));
        Assert.Empty(explanation.Answer);
    }

    [Fact]
    public async Task InternalOnly_ForeignName_SaysSo()
    {
        using var world = new LoopbackServer();
        world.Server.SetVantage(world.Sandbox, Shop.Vantage with { Forwards = false });
        Assert.Contains("internal", (await world.Server.ExplainAsync(world.Sandbox, "example.org", RecordType.A))!.Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sandbox_NotServed_HasNoExplanation()
    {
        using var world = new LoopbackServer();
        Assert.Null(await world.Server.ExplainAsync(new ObjectId(999), "web", RecordType.A));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("ä")]
    public async Task Text_ThatIsNoName_IsRefused(string name)
    {
        using var world = new LoopbackServer();
        await Assert.ThrowsAsync<FormatException>(() => world.Server.ExplainAsync(world.Sandbox, name, RecordType.A));
    }

    [Fact]
    public async Task Records_OfEveryKind_AreReadable()
    {
        byte[] name = [3, (byte)'f', (byte)'o', (byte)'o', 0];
        using var upstream = new ScriptedUpstream((query, _) => [Packets.Reply(query, 0,
        [
            Packets.Record([0xc0, 12], 5, 60, name), Packets.Record(name, 15, 60, [0, 10, .. name]), Packets.Record(name, 16, 60, [2, (byte)'a', (byte)'"', 1, 27]),
            Packets.Record(name, Packets.Srv, 60, [0, 1, 0, 2, 0, 3, .. name]), Packets.Record(name, Packets.Aaaa, 60, [0xfd, .. new byte[14], 1]), Packets.Record(name, 999, 60, [1, 255]),
        ])]);
        using var world = new LoopbackServer(upstream.Server);
        var answer = (await world.Server.ExplainAsync(world.Sandbox, "example.org", RecordType.Any))!.Answer;
        Assert.Equal(
            ["CNAME\tfoo.", "MX\t10 foo.", "TXT\t\"a\\034\" \"\\027\"", "SRV\t1 2 3 foo.", "AAAA\tfd00::1", "TYPE999\t\\# 2 01ff"],
            answer.Select(line => line.Split("\tIN\t")[1]));
    }
}
