using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class CrashTests(LabOfThree lab)
{
    [Fact]
    public async Task Sigkill_OfOneOverlayd_LosesNoPacketAndChangesNothing()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var a = await world.CreateSandbox("a", "h1", $"--network {net}");
        var b = await world.CreateSandbox("b", "h2", $"--network {net}");
        var c = await world.CreateSandbox("c", "h3", $"--network {net}");
        var c2 = await world.CreateSandbox("c2", "h3", $"--network {net}");
        var (addressOfB, addressOfC) = (await world.AddressOf("h2", b), await world.AddressOf("h3", c));
        await Eventually.Holds(() => lab.In("h1", a, $"ping -c 1 -W 1 {addressOfB}"), ran => ran.ExitCode == 0);
        await Eventually.Holds(() => lab.In("h3", c2, $"ping -c 1 -W 1 {addressOfC}"), ran => ran.ExitCode == 0);
        var before = await LinksOf("h3");

        // Between two other hosts, and between two sandboxes of the host that loses its overlayd.
        await using var others = lab.StartOn("h1", "ip", "netns", "exec", a, "ping", "-i", "0.002", addressOfB);
        await using var own = lab.StartOn("h3", "ip", "netns", "exec", c2, "ping", "-i", "0.002", addressOfC);
        await lab.Lab.KillAsync("h3");

        // A pair that never spoke, while the agent of one of them is dead.
        Assert.Equal((5, 5), World.Packets(await lab.In("h2", b, $"ping -c 5 -i 0.1 {addressOfC}")));

        await using var links = lab.StartOn("h3", "ip", "-ts", "monitor", "link", "address", "route", "neigh");
        await using var rules = lab.StartOn("h3", "nft", "monitor");
        await lab.Lab.StartAsync("h3");
        await lab.Lab.WaitReadyAsync(TimeSpan.FromSeconds(60), "h3");
        // Ready says that the first apply of the new process is over.
        var (changedLinks, changedRules) = (await links.Stop(), await rules.Stop());

        AssertNoneLost(await others.Stop());
        AssertNoneLost(await own.Stop());
        Assert.Equal(before, await LinksOf("h3"));
        Assert.Equal("", string.Join('\n', OfOurs(changedLinks)));
        Assert.Empty(changedRules.Output.Trim());
    }

    private static void AssertNoneLost(Ran ping)
    {
        var (sent, received) = World.Packets(ping);
        Assert.True(sent > 200, $"only {sent} packets were sent");
        // ping is stopped between a request and its answer at most once.
        Assert.InRange(sent - received, 0, 1);
    }

    // The underlay's own neighbour entries age by themselves; what is made by an agent is what counts here.
    private static IEnumerable<string> OfOurs(Ran monitor) =>
        monitor.Output.Split('\n').Where(line => line.Contains("obr", StringComparison.Ordinal)
            || line.Contains("ovx", StringComparison.Ordinal) || line.Contains("ove", StringComparison.Ordinal))
            .Where(line => !line.Contains("STALE", StringComparison.Ordinal) && !line.Contains("REACHABLE", StringComparison.Ordinal)
                && !line.Contains("DELAY", StringComparison.Ordinal) && !line.Contains("PROBE", StringComparison.Ordinal));

    private async Task<string> LinksOf(string host) =>
        string.Join('\n', (await lab.On(host, "ip -o link")).Ok().Output.Split('\n')
            .Select(line => string.Join(':', line.Split(':').Take(2)))
            .Where(line => line.Contains(" o", StringComparison.Ordinal)));
}
