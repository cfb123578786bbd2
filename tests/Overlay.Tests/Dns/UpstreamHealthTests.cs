using Overlay.Core;
using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class UpstreamHealthTests
{
    private const int ServFail = 2;
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(1.2);

    [Fact]
    public async Task SilentServer_IsPassedOverAndSoonNotAskedAnyMore()
    {
        using var silent = ScriptedUpstream.Silent();
        using var good = ScriptedUpstream.Answering(1);
        using var world = new LoopbackServer(silent.Server, good.Server);
        for (var i = 0; i < 3; i++)
        {
            var reply = world.AskAsync($"n{i}.example");
            await silent.NextAsync();
            world.Time.Advance(TryTimeout);
            Assert.Equal(["192.0.2.1"], (await reply).Addresses);
        }
        Assert.Equal(["192.0.2.1"], (await world.AskAsync("later.example")).Addresses);
        Assert.Equal(3, silent.Count);
        world.Time.Advance(TimeSpan.FromSeconds(2));
        var probe = world.AskAsync("probe.example");
        await silent.NextAsync();
        Assert.Equal(["192.0.2.1"], (await world.AskAsync("besides.example")).Addresses);
        world.Time.Advance(TryTimeout);
        Assert.Equal(["192.0.2.1"], (await probe).Addresses);
    }

    [Fact]
    public async Task OnlyServer_SilentForSeveralNames_IsAskedWithinTheBudgetThenServFailAtOnce()
    {
        using var silent = ScriptedUpstream.Silent();
        using var world = new LoopbackServer(silent.Server);
        foreach (var (name, tries) in new[] { ("a.example", 3), ("b.example", 3), ("c.example", 1) })
            Assert.Equal(ServFail, (await AskInVain(world, silent, name, tries)).Code);
        Assert.Equal(ServFail, (await world.AskAsync("example.net")).Code);
        Assert.Equal(7, silent.Count);
    }

    [Fact]
    public async Task DomainThatIsSlow_SilencesTheServerForNoOtherName()
    {
        using var upstream = new ScriptedUpstream((query, _) => query.AsSpan().IndexOf("slow"u8) >= 0
            ? []
            : [Packets.Reply(query, 0, [Packets.Record([0xc0, 12], Packets.A, 60, [192, 0, 2, 1])])]);
        using var world = new LoopbackServer(upstream.Server);
        world.Add(new ObjectId(200), upstream.Server);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(ServFail, (await AskInVain(world, upstream, "slow.example", tries: 3)).Code);
            Assert.Equal(["192.0.2.1"], (await world.AskAsync($"n{i}.example", sandbox: new ObjectId(200))).Addresses);
            await upstream.NextAsync();
        }
    }

    [Fact]
    public async Task NoServer_Reachable_IsServFailAtOnce()
    {
        UpstreamServer gone;
        using (var upstream = ScriptedUpstream.Silent())
            gone = upstream.Server;
        using var world = new LoopbackServer(gone);
        Assert.Equal(ServFail, (await world.AskAsync("example.org")).Code);
        Assert.Equal(1, world.Server.Statistics[DnsResult.UpstreamFailed]);
    }

    private static async Task<ParsedReply> AskInVain(LoopbackServer world, ScriptedUpstream upstream, string name, int tries)
    {
        var reply = world.AskAsync(name);
        for (var i = 0; i < tries; i++)
        {
            await upstream.NextAsync();
            world.Time.Advance(TryTimeout);
        }
        return await reply;
    }
}
