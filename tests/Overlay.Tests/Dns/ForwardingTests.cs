using Overlay.Core;
using Overlay.Dns.Answering;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class ForwardingTests
{
    private const int ServFail = 2, NxDomain = 3, Refused = 5;

    [Fact]
    public async Task ForeignName_IsForwardedOnceThenCachedWithItsTtl()
    {
        using var upstream = ScriptedUpstream.Answering(1, ttl: 60);
        using var world = new LoopbackServer(upstream.Server);
        Assert.Equal(60u, Assert.Single((await world.AskAsync("Example.org")).Answers).Ttl);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var cached = await world.AskAsync(Packets.Query("eXAMPLE.org", id: 77));
        Assert.Equal(40u, Assert.Single(cached.Answers).Ttl);
        Assert.Equal(("eXAMPLE.org.", "eXAMPLE.org.", 77), (cached.QuestionName, cached.Answers[0].Owner, cached.Id));
        Assert.Equal(1, upstream.Count);
        world.Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(60u, Assert.Single((await world.AskAsync("example.org")).Answers).Ttl);
        Assert.Equal(2, upstream.Count);
    }

    [Fact]
    public async Task LocalName_WithoutTheType_IsNeverForwarded()
    {
        using var upstream = ScriptedUpstream.Answering(1);
        using var world = new LoopbackServer(upstream.Server);
        await world.AskAsync("web3", Packets.Aaaa);
        await world.AskAsync("web", Packets.Any);
        await world.AskAsync("9.9.9.10.in-addr.arpa", Packets.Ptr);
        Assert.Equal(0, upstream.Count);
    }

    [Theory]
    [InlineData(NxDomain, 30u, 30)]
    [InlineData(0, 30u, 30)]
    [InlineData(NxDomain, 100000u, 900)]
    public async Task Denial_WithSoa_IsCachedForTheSoasTime(int code, uint minimum, int seconds)
    {
        using var upstream = new ScriptedUpstream((query, _) =>
            [Packets.Reply(query, code, [], [Packets.Record([0], Packets.Soa, 1000000, [0, 0, .. Packets.U32(1), .. Packets.U32(1), .. Packets.U32(1), .. Packets.U32(1), .. Packets.U32(minimum)])])]);
        using var world = new LoopbackServer(upstream.Server);
        Assert.Equal(code, (await world.AskAsync("nobody.example")).Code);
        world.Time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Equal(code, (await world.AskAsync("nobody.example")).Code);
        Assert.Equal(1, upstream.Count);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await world.AskAsync("nobody.example");
        Assert.Equal(2, upstream.Count);
    }

    [Fact]
    public async Task Denial_WithoutSoa_IsNotCached()
    {
        using var upstream = ScriptedUpstream.Failing(NxDomain);
        using var world = new LoopbackServer(upstream.Server);
        await world.AskAsync("nobody.example");
        await world.AskAsync("nobody.example");
        Assert.Equal(2, upstream.Count);
    }

    [Fact]
    public async Task TruncatedAnswer_IsFetchedByTcpAndFitsEachClient()
    {
        byte[][] records = [.. Enumerable.Range(1, 60).Select(i => Packets.Record([0xc0, 12], Packets.A, 60, [192, 0, 2, (byte)i]))];
        using var upstream = new ScriptedUpstream((query, isTcp) => [isTcp ? Packets.Reply(query, 0, records) : Packets.Reply(query, 0, [], flags: 0x8380)]);
        using var world = new LoopbackServer(upstream.Server);
        Assert.True((await world.AskAsync("big.example")).IsTruncated);
        Assert.Equal(60, (await world.AskByTcpAsync(Packets.Query("big.example"))).Addresses.Count);
        Assert.Equal(2, upstream.Count);
        var large = await world.AskAsync("big.example", edns: 4096);
        Assert.Equal((60, false), (large.Addresses.Count, large.IsTruncated));
    }

    [Fact]
    public async Task Answers_ToOtherQuestions_AreIgnored()
    {
        using var upstream = new ScriptedUpstream((query, _) =>
        {
            var spoofed = Packets.Record([0xc0, 12], Packets.A, 60, [6, 6, 6, 6]);
            var otherId = Packets.Reply(query, 0, [spoofed]);
            otherId[0] ^= 1;
            var notAResponse = Packets.Reply(query, 0, [spoofed], flags: 0x0180);
            return
            [
                otherId,
                notAResponse,
                Packets.Reply([.. query[..2], .. Packets.Query("evil.example.org")[2..]], 0, [spoofed]),
                Packets.Reply([.. query[..2], .. Packets.Query("good.example", Packets.Aaaa)[2..]], 0, [spoofed]),
                Packets.Reply(query, 0, [spoofed])[..^3],
                Packets.Reply(query, 0, [Packets.Record([0xc0, 12], Packets.A, 60, [192, 0, 2, 1])]),
            ];
        });
        using var world = new LoopbackServer(upstream.Server);
        Assert.Equal(["192.0.2.1"], (await world.AskAsync("good.example")).Addresses);
    }

    [Fact]
    public async Task Questions_LeaveFromDifferentPortsWithDifferentIds()
    {
        using var upstream = ScriptedUpstream.Answering(1);
        using var world = new LoopbackServer(upstream.Server);
        var ids = new HashSet<int>();
        for (var i = 0; i < 20; i++)
        {
            await world.AskAsync($"n{i}.example");
            var query = await upstream.NextAsync();
            ids.Add(query[0] << 8 | query[1]);
        }
        Assert.InRange(ids.Count, 18, 20);
        Assert.InRange(upstream.SourcePorts.Distinct().Count(), 10, 20);
    }

    [Theory]
    [InlineData(ServFail)]
    [InlineData(Refused)]
    public async Task FailingServer_IsPassedOverButItsAnswerIsTheLastResort(int code)
    {
        using var failing = ScriptedUpstream.Failing(code);
        using var good = ScriptedUpstream.Answering(1);
        using var world = new LoopbackServer(failing.Server, good.Server);
        Assert.Equal(["192.0.2.1"], (await world.AskAsync("example.org")).Addresses);
        world.Add(new ObjectId(200), failing.Server);
        Assert.Equal(code, (await world.AskAsync("example.org", sandbox: new ObjectId(200))).Code);
        Assert.Equal(2, failing.Count);
    }

    [Fact]
    public async Task OtherServers_OfAnotherSandbox_AreAnotherCache()
    {
        using var first = ScriptedUpstream.Answering(1);
        using var second = ScriptedUpstream.Answering(2);
        using var world = new LoopbackServer(first.Server);
        world.Add(new ObjectId(200), second.Server);
        world.Add(new ObjectId(300), first.Server);
        Assert.Equal(["192.0.2.1"], (await world.AskAsync("example.org")).Addresses);
        Assert.Equal(["192.0.2.2"], (await world.AskAsync("example.org", sandbox: new ObjectId(200))).Addresses);
        Assert.Equal(["192.0.2.1"], (await world.AskAsync("example.org", sandbox: new ObjectId(300))).Addresses);
        Assert.Equal((1, 1), (first.Count, second.Count));
    }

    [Fact]
    public async Task SandboxesOwnServer_AskedFromItsNamespace_IsNotSharedWithOthers()
    {
        using var upstream = ScriptedUpstream.Answering(1);
        using var world = new LoopbackServer();
        var own = upstream.Server with { FromSandbox = true };
        world.Add(new ObjectId(200), own);
        world.Add(new ObjectId(300), own);
        await world.AskAsync("example.org", sandbox: new ObjectId(200));
        await world.AskAsync("example.org", sandbox: new ObjectId(300));
        Assert.Equal(2, upstream.Count);
    }

    [Fact]
    public async Task EqualQuestions_ThatWait_ShareOneExchange()
    {
        var release = new ManualResetEventSlim();
        using var upstream = new ScriptedUpstream((query, _) =>
        {
            release.Wait(TimeSpan.FromSeconds(20));
            return [Packets.Reply(query, 0, [Packets.Record([0xc0, 12], Packets.A, 60, [192, 0, 2, 1])])];
        });
        using var world = new LoopbackServer(upstream.Server);
        var first = world.AskAsync("example.org");
        await upstream.NextAsync();
        var others = Enumerable.Range(0, 10).Select(_ => world.AskAsync("EXAMPLE.org")).ToList();
        release.Set();
        Assert.All(await Task.WhenAll([first, .. others]), r => Assert.Equal(["192.0.2.1"], r.Addresses));
        Assert.Equal(1, upstream.Count);
    }

    [Fact]
    public async Task ForwardsInFlight_BeyondTheLimit_AreRefusedAndCounted()
    {
        using var silent = ScriptedUpstream.Silent();
        using var world = new LoopbackServer(silent.Server);
        var waiting = Enumerable.Range(0, 128).Select(i => world.AskAsync($"n{i}.example")).ToList();
        for (var i = 0; i < 128; i++)
            await silent.NextAsync();
        Assert.Equal(Refused, (await world.AskAsync("more.example")).Code);
        Assert.Equal(1, world.Server.Statistics[DnsResult.Overloaded]);
        Assert.Equal(3, (await world.AskAsync("web")).Addresses.Count);
        world.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.All(await Task.WhenAll(waiting), r => Assert.Equal(ServFail, r.Code));
    }

    [Fact]
    public async Task Tcp_ForwardedQuestion_DoesNotHoldUpTheNext()
    {
        using var silent = ScriptedUpstream.Silent();
        using var world = new LoopbackServer(silent.Server);
        using var stream = await world.ConnectAsync();
        await stream.WriteAsync((byte[])[.. LoopbackServer.Prefixed(Packets.Query("example.org", id: 1)), .. LoopbackServer.Prefixed(Packets.Query("web", id: 2))]);
        Assert.Equal(2, (await LoopbackServer.ReadAsync(stream)).Id);
        await silent.NextAsync();
        world.Time.Advance(TimeSpan.FromSeconds(4));
        var late = await LoopbackServer.ReadAsync(stream);
        Assert.Equal((1, ServFail), (late.Id, late.Code));
    }
}
