using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

[Collection(LabCollection.Name)]
public sealed class BadInputTests(LabOfThree lab)
{
    [Theory]
    [InlineData("network create -d vxlan bad-driver", 1, "overlay")]
    [InlineData("network create -o colour=red bad-option", 1, "colour")]
    [InlineData("network create --subnet 10.99.0.0/33 bad-subnet", 2, "10.99.0.0/33")]
    [InlineData("sandbox create --host h9 --name bad-host", 1, "h1")]
    [InlineData("sandbox create --network nowhere --name bad-network", 1, "nowhere")]
    [InlineData("run -d -p 99999:80 --name bad-port -- true", 2, "99999")]
    [InlineData("network connect nowhere nobody", 1, "nobody")]
    [InlineData("network frobnicate", 2, "frobnicate")]
    public async Task Command_BadInput_IsOneLineThatSaysWhatAndLeavesNothing(string words, int exit, string named)
    {
        var before = await Everything();
        var ran = await lab.Overlay(words);

        Assert.Equal(exit, ran.ExitCode);
        Assert.Contains(named, ran.Error, StringComparison.Ordinal);
        Assert.Single(ran.Error.TrimEnd().Split('\n'));
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
        Assert.Equal(before, await Everything());
    }

    [Fact]
    public async Task Network_TakenNameOverlapAndTakenAddress_AreRefusedNamingTheHolder()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay --subnet 10.77.0.0/24");
        var holder = await world.CreateSandbox("holder", "h1", $"--network name={net},ip=10.77.0.20");

        Assert.Contains(net, (await Refused($"network create {net}")).Error, StringComparison.Ordinal);
        Assert.Contains(net, (await Refused($"network create --subnet 10.77.0.128/25 {world.Network("other")}")).Error, StringComparison.Ordinal);
        Assert.Contains(holder, (await Refused($"sandbox create --host h2 --network name={net},ip=10.77.0.20 --name {world.Sandbox("thief")}")).Error, StringComparison.Ordinal);
        Assert.Contains("10.77.0.0/24", (await Refused($"sandbox create --host h2 --network name={net},ip=10.78.0.20 --name {world.Sandbox("lost")}")).Error, StringComparison.Ordinal);
        Assert.Contains(holder, (await Refused($"network rm {net}")).Error, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Name("thief"), (await lab.Overlay("sandbox ls")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rm_AfterEverything_LeavesTheHostAsItWas()
    {
        var before = await KernelOf("h2");
        await using (var world = new World(lab))
        {
            var net = await world.CreateNetwork("net", "-d overlay");
            var bridge = await world.CreateNetwork("bridge", "-d bridge");
            var sandbox = await world.CreateSandbox("a", "h2", $"--network {net}");
            (await lab.Overlay($"network connect {bridge} {sandbox}")).Ok();
            Assert.NotEqual(before.Output, (await KernelOf("h2")).Output);
        }
        await Eventually.Holds(() => KernelOf("h2"), now => now.Output == before.Output);
    }

    private async Task<Ran> Refused(string words)
    {
        var ran = await lab.Overlay(words);
        Assert.True(ran.ExitCode == 1, ran.ToString());
        return ran;
    }

    private async Task<string> Everything() =>
        (await lab.Overlay("network ls -q")).Ok().Output + (await lab.Overlay("sandbox ls -q")).Ok().Output;

    private Task<Ran> KernelOf(string host) => lab.On(
        host, "bash -c",
        "ip -o link | grep -oE '(obr|ovx|ove)[0-9a-f]+' | sort -u; ip netns; ls /etc/netns; nft list tables");
}
