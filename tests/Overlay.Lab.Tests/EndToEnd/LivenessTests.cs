using System.Diagnostics;
using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

/// <summary>In a lab of its own: a host that was cut off is declared dead by the cluster, too, and has to join again.</summary>
public sealed class LivenessTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LabOfThree _lab = new();

    public Task InitializeAsync() => _lab.InitializeAsync();

    public Task DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task Names_OfAVanishedHost_LeaveWithinTwoSecondsAndReturnWithinOneWhileACrashedAgentsStay()
    {
        var world = new World(_lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var asker = await world.CreateSandbox("asker", "h1", $"--network {net}");
        var addresses = new Dictionary<string, string>();
        foreach (var host in new[] { "h1", "h2", "h3" })
        {
            var sandbox = await world.CreateSandbox("web-" + host, host, $"--network name={net},alias=web");
            addresses[host] = await world.AddressOf(host, sandbox);
        }
        string[] all = [.. addresses.Values.Order()], others = [.. addresses.Where(a => a.Key != "h3").Select(a => a.Value).Order()];
        await Until(asker, all);

        // Longer than the cluster takes to declare the silo dead.
        await _lab.Lab.KillAsync("h3");
        for (var dead = Stopwatch.StartNew(); dead.Elapsed < TimeSpan.FromSeconds(7);)
            Assert.Equal(all, await Web(asker));
        await _lab.Lab.StartAsync("h3");
        await _lab.Lab.WaitReadyAsync(Patience, "h3");

        // The best of three: what else the machine does at that moment is not what is promised.
        var (gone, back) = (Patience, Patience);
        for (var cut = 0; cut < 3; cut++)
        {
            await SetLink("h3", "down");
            gone = Shorter(gone, await Until(asker, others));
            await SetLink("h3", "up");
            back = Shorter(back, await Until(asker, all));
        }
        Assert.InRange(gone, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.InRange(back, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task SetLink(string host, string upOrDown) =>
        (await _lab.On("switch", $"ip link set {host} {upOrDown}")).Ok();

    /// <summary>How long after the call another answer was still given: the start of the last look that saw one.</summary>
    private async Task<TimeSpan> Until(string asker, string[] addresses)
    {
        var clock = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        for (var began = clock.Elapsed; !(await Web(asker)).SequenceEqual(addresses); began = clock.Elapsed)
        {
            last = began;
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience);
        }
        return last;
    }

    private async Task<string[]> Web(string asker) =>
        [.. (await _lab.In("h1", asker, "dig +short +tries=1 +time=1 web")).Ok().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order()];
}
