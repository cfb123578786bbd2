using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Xunit;

namespace Overlay.Tests.Agent;

/// <summary>What the kernel reports is put back by reading the link that it is about, and no other.</summary>
public sealed class DriftTests
{
    private static readonly Address Remote = Address.Parse("10.40.7.208"), Foreign = Address.Parse("10.40.99.9");
    private static readonly MacAddress Stranger = MacAddress.Parse("02:00:00:00:00:99");

    public static readonly TheoryData<string, Func<Links, KernelChange[]>> Drifts = new()
    {
        { "neighbour gone", l => [new RemoveNeighbour(l.Bridge, Remote)] },
        { "neighbour changed", l => [new SetNeighbour(l.Bridge, Remote, Stranger)] },
        { "neighbour of nobody", l => [new SetNeighbour(l.Bridge, Foreign, Stranger)] },
        { "forwarding gone", l => [new RemoveBridgeFdb(l.Tunnel, l.Mac)] },
        { "forwarding of nobody", l => [new SetBridgeFdb(l.Tunnel, Stranger)] },
        { "forwarding moved to another port", l => [new SetBridgeFdb(l.Port, l.Mac)] },
        { "forwarding of nobody to a sandbox", l => [new SetBridgeFdb(l.Port, Stranger)] },
        { "tunnel end gone", l => [new RemoveVxlanFdb(l.Tunnel, l.Mac)] },
        { "tunnel end changed", l => [new SetVxlanFdb(l.Tunnel, l.Mac, Address.Parse("192.0.2.99"))] },
        { "tunnel end of nobody", l => [new SetVxlanFdb(l.Tunnel, Stranger, Address.Parse("192.0.2.2"))] },
        { "address gone", l => [new RemoveAddress(l.Bridge, Address.Parse("10.40.0.1"), 16)] },
        { "address of nobody", l => [new AddAddress(l.Bridge, Foreign, 24)] },
        { "route gone", l => [new RemoveRoute(Prefix.Parse("10.40.0.0/16")) { Link = l.Bridge }] },
        { "route taken by another link", l => [new SetRoute(Prefix.Parse("10.40.0.0/16")) { Link = "eth0" }] },
        { "port down", l => [new SetLink(l.Port) { Up = false }] },
        { "bridge down and up again", l => [new SetLink(l.Bridge) { Up = false }, new SetLink(l.Bridge) { Up = true }] },
        { "wrong MTU", l => [new SetLink(l.Tunnel) { Mtu = 1000 }] },
        { "out of its bridge", l => [new SetLink(l.Tunnel) { Master = "" }] },
        { "flooding on", l => [new SetBridgePort(l.Tunnel) { Flood = true }] },
        { "mark gone", l => [new SetLink(l.Port) { Alias = "" }] },
        { "tunnel gone", l => [new DeleteLink(l.Tunnel)] },
        { "bridge gone", l => [new DeleteLink(l.Bridge)] },
        { "another of our mark", l => [new AddBridge("obr00000000000") { Alias = "overlay:test/h1/00000000000000000000000000000000" }] },
    };

    [Theory]
    [MemberData(nameof(Drifts))]
    public async Task ReportedDrift_IsPutBack_WithoutReadingOtherNetworks(string name, Func<Links, KernelChange[]> drift)
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 4, remotes: 300);
        var sound = AgentWorld.Dump(world.Kernel);

        world.Host.Apply(drift(links));
        Assert.NotEqual(sound, AgentWorld.Dump(world.Kernel));
        // What a repair makes of a bridge can leave its ports without a master until they are heard of.
        var passes = new[] { world.Pass(), world.Pass(), world.Pass() };

        var (before, after) = (sound.Split('\n'), AgentWorld.Dump(world.Kernel).Split('\n'));
        Assert.True(before.SequenceEqual(after), $"after '{name}' there is {string.Join('\n', after.Except(before))}\ninstead of {string.Join('\n', before.Except(after))}");
        Assert.Empty(passes[^1].Writes);
        // One network's 300 neighbours and 600 entries, at most twice; all four have 3,600.
        Assert.InRange(passes.Sum(p => p.Reads), 1, 2200);
    }

    [Fact]
    public async Task DriftBetweenLookAndWrite_IsPutBackByTheNextPass()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 1, remotes: 10);
        var other = world.Cluster.Connect(world.Remote("new"), links.Network, 1001);
        await world.Follow(links.Network);
        var isDone = false;
        using (world.Host.Watch(KernelEvents.Neighbours, _ =>
        {
            if (!isDone)
            {
                isDone = true;
                world.Host.Apply([new RemoveNeighbour(links.Bridge, Remote), new SetNeighbour(links.Bridge, other.Addresses[0], Stranger)]);
            }
        }))
            world.Pass();
        Assert.True(isDone);

        world.Pass();

        Assert.Contains(world.Host.DumpNeighbours(), n => n.Address == Remote && n.Mac == links.Mac);
        Assert.Contains(world.Host.DumpNeighbours(), n => n.Address == other.Addresses[0] && n.Mac == other.Mac);
    }

    [Fact]
    public async Task FailedWrite_LeavesNothingKnownOfItsLink_AndTheOthersAreNotReadAgain()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 2, remotes: 300);
        var added = world.Cluster.Connect(world.Remote("new"), links.Network, 1001);
        await world.Follow(links.Network);
        world.Kernel.FailNext<SetNeighbour>(105);
        Assert.Single(world.Pass().Problems);
        world.Host.Apply([new RemoveNeighbour(links.Bridge, Remote)]);
        world.DropNotices();

        var again = world.Pass();

        Assert.Empty(again.Problems);
        Assert.Contains(world.Host.DumpNeighbours(), n => n.Address == added.Addresses[0]);
        Assert.Contains(world.Host.DumpNeighbours(), n => n.Address == Remote);
        Assert.InRange(again.Reads, 900, 1000);
    }

    [Fact]
    public async Task Overrun_LooksAtEverything()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 2, remotes: 10);
        var sound = AgentWorld.Dump(world.Kernel);
        world.Host.Apply([new RemoveNeighbour(links.Bridge, Remote), new RemoveVxlanFdb(links.Tunnel, links.Mac)]);
        world.Host.Nftables.Run("delete table bridge overlay");
        world.DropNotices();
        Assert.Empty(world.Pass().Writes);

        world.Pass(everything: false, new KernelNotice(KernelEvents.Overrun));

        Assert.Equal(sound, AgentWorld.Dump(world.Kernel));
        Assert.NotNull(world.Host.Nftables.List("bridge overlay"));
    }

    [Fact]
    public async Task PassThatEndsHalfWay_LeavesNothingKnown()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 1, remotes: 10);
        world.Host.Apply([new RemoveNeighbour(links.Bridge, Remote), new SetLink(links.Bridge) { Mtu = 1000 }]);
        world.Kernel.FailNext(Overlay.Testing.Kernels.FakeOperation.Dump, 105);
        Assert.Throws<KernelException>(() => world.Pass());

        world.Pass();

        Assert.Contains(world.Host.DumpNeighbours(), n => n.Address == Remote);
    }

    [Fact]
    public async Task ForeignTransaction_IsLookedAt_OwnOnesAreNot()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 1, remotes: 1);
        world.Host.Nftables.Run("delete table bridge overlay");

        Assert.Contains(world.Pass().Writes, w => w.StartsWith("running an nft script", StringComparison.Ordinal));
        Assert.NotNull(world.Host.Nftables.List("bridge overlay"));

        var echo = world.Pass();
        Assert.Equal((0, 0), (echo.Reads, echo.Writes.Length));
        world.Host.Nftables.Run("table inet filter { chain input { } }");
        Assert.NotEqual(0, world.Pass().Reads);
    }

    [Fact]
    public async Task LinkThatCannotBeDeleted_IsAProblemOfTheSamePass()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 1, remotes: 1);
        var other = world.Cluster.AddSandbox("h1", "other");
        var endpoint = world.Cluster.Connect(other, links.Network, 1100);
        await world.Follow(links.Network);
        world.Pass();
        world.Cluster.Disconnect(endpoint, links.Network);
        await world.Follow(links.Network);
        world.Kernel.FailNext<DeleteLink>(16);

        Assert.Contains(endpoint.Id, world.Pass().Problems.Keys);
        Assert.NotNull(world.Host.FindLink("ove" + endpoint.Id.LinkSuffix));
        Assert.Empty(world.Pass().Problems);
        Assert.Null(world.Host.FindLink("ove" + endpoint.Id.LinkSuffix));
    }

    [Fact]
    public async Task StoppedSandbox_ThatStartsAgain_GetsItsLinkAgain()
    {
        using var world = new PassWorld();
        var links = await Fill(world, networks: 1, remotes: 1);
        var other = world.Cluster.AddSandbox("h1", "other");
        var endpoint = world.Cluster.Connect(other, links.Network, 1100);
        await world.Follow(links.Network);
        world.Pass();
        world.Cluster.Update(other with { Started = false });
        await world.Follow(links.Network);
        world.Pass();
        Assert.Null(world.Host.FindLink("ove" + endpoint.Id.LinkSuffix));

        world.Cluster.Update(other with { Generation = 2 });
        await world.Follow(links.Network);
        world.Pass();

        Assert.NotNull(world.Host.FindLink("ove" + endpoint.Id.LinkSuffix));
    }

    /// <summary>Names on the first network, of which the last remote endpoint is at <see cref="Remote"/>'s MAC.</summary>
    public sealed record Links(NetworkRecord Network, string Bridge, string Tunnel, string Port, MacAddress Mac);

    private static async Task<Links> Fill(PassWorld world, int networks, int remotes)
    {
        var filled = world.Fill(networks, remotes);
        await world.Follow(filled);
        Assert.Empty(world.Pass().Problems);
        world.Pass();
        var bridge = "obr" + filled[0].Id.LinkSuffix;
        var index = world.Host.FindLink(bridge)!.Index;
        var port = world.Host.DumpLinks().Single(l => l.Master == index && l.Kind == "veth").Name;
        var mac = world.Host.DumpNeighbours().Single(n => n.Address == Remote).Mac!.Value;
        return new(filled[0], bridge, "ovx" + filled[0].Id.LinkSuffix, port, mac);
    }
}
