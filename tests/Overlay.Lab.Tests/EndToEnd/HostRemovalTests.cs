using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class HostRemovalTests(LabOfThree lab)
{
    [Fact]
    public async Task HostRemove_TheOthersForgetIt_AndIfItReturnsItCleansWhatItHeldAndServesAgain()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var a = await world.CreateSandbox("a", "h1", $"--network {net}");
        var b = await world.CreateSandbox("b", "h3", $"--network {net}");
        var addressOfB = await world.AddressOf("h3", b);
        await Eventually.Holds(() => lab.In("h1", a, $"ping -c 1 -W 1 {addressOfB}"), ran => ran.ExitCode == 0);

        Assert.Contains("its overlayd is running", (await lab.Overlay("host rm -f h3")).Error, StringComparison.Ordinal);
        await lab.Lab.KillAsync("h3");
        await Eventually.Holds(() => lab.Overlay("host rm h3"), ran => ran.ExitCode == 1 && ran.Error.Contains(b, StringComparison.Ordinal));
        var removed = (await lab.Overlay("host rm -f h3")).Ok();
        Assert.Equal(("h3\n", $"removed with h3: {b}\n"), (removed.Output, removed.Error));

        await Eventually.Holds(() => lab.On("h1", "ip neigh"), ran => !ran.Output.Contains(addressOfB, StringComparison.Ordinal));
        Assert.DoesNotContain("h3", (await lab.Overlay("host ls -q")).Ok().Output, StringComparison.Ordinal);
        Assert.Contains(b, (await lab.On("h3", "ip netns")).Output, StringComparison.Ordinal);

        await lab.Lab.StartAsync("h3");
        await lab.Lab.WaitReadyAsync(TimeSpan.FromSeconds(60), "h3");
        await Eventually.Holds(() => lab.On("h3", "ip netns"), ran => !ran.Output.Contains(b, StringComparison.Ordinal));
        await Eventually.Holds(
            () => lab.On("h3", "ip -o link"),
            ran => !ran.Output.Contains(": obr", StringComparison.Ordinal) && !ran.Output.Contains(": ovx", StringComparison.Ordinal));
        await Eventually.Holds(() => lab.Overlay("host ls -q --filter status=up"), ran => ran.Output.Contains("h3", StringComparison.Ordinal));
        var c = await world.CreateSandbox("c", "h3", $"--network {net}");
        await Eventually.Holds(async () => await lab.In("h1", a, $"ping -c 1 -W 1 {await world.AddressOf("h3", c)}"), ran => ran.ExitCode == 0);
    }
}
