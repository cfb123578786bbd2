using System.Diagnostics;
using Overlay.Contracts.Records;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class LivenessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Names_OfAHostWhoseLinkIsCut_LeaveAndComeBackWhileACrashedAgentsStay()
    {
        await using var world = new TwoHosts();
        var (first, second) = (await world.StartAgent(1), await world.StartAgent(2));
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        cluster.Join(network, "h1", 1);
        cluster.Join(network, "h2", 2);
        var a = cluster.AddSandbox("h1", world.Name("a"));
        var b = cluster.AddSandbox("h2", world.Name("b"));
        cluster.Connect(a, network, 11, "web");
        cluster.Connect(b, network, 12, "web");
        string[] of = [Partitions.Network(network.Id), Partitions.Hosts];
        await first.Applied(a.Id, [.. of, Partitions.Roster("h1")]);
        await second.Applied(b.Id, [.. of, Partitions.Roster("h2")]);
        Until(a.Name, "10.40.0.11 10.40.0.12");

        // The kernel answers for an agent that is dead.
        await second.DisposeAsync();
        var dead = Stopwatch.StartNew();
        while (dead.Elapsed < TimeSpan.FromSeconds(2))
            Assert.Equal("10.40.0.11 10.40.0.12", Web(a.Name));

        // The best of three: what else the machine does at that moment is not what is promised.
        var (gone, back) = (Patience, Patience);
        for (var cut = 0; cut < 3; cut++)
        {
            world.SetLink(2, "down");
            gone = Shorter(gone, Until(a.Name, "10.40.0.11"));
            // A name that has nothing else is answered with what is known.
            Assert.Equal("10.40.0.12\n", Shell.Run($"ip netns exec {a.Name} dig +short +tries=1 @127.0.0.11 {b.Name}"));
            world.SetLink(2, "up");
            back = Shorter(back, Until(a.Name, "10.40.0.11 10.40.0.12"));
        }
        Assert.InRange(gone, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.InRange(back, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>How long after the call another answer was still given: the start of the last look that saw one.</summary>
    private static TimeSpan Until(string sandbox, string addresses)
    {
        var clock = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        for (var began = clock.Elapsed; Web(sandbox) != addresses; began = clock.Elapsed)
        {
            last = began;
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience);
        }
        return last;
    }

    private static string Web(string sandbox) => string.Join(' ', Shell.Run($"ip netns exec {sandbox} dig +short +tries=1 @127.0.0.11 web")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
}
