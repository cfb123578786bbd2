using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

/// <summary>--network container:NAME and --network host as users have them.</summary>
[Collection(LabCollection.Name)]
public sealed class JoinTests(LabOfThree lab)
{
    [Fact]
    public async Task Run_ContainerNetwork_ServesTheOthersPort_SurvivesTheAgent_AndFollowsTheOther()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d overlay");
        var web = await world.CreateSandbox("web", "h2", $"--network {net} -p 18090:80 --hostname www");
        var client = await world.CreateSandbox("client", "h1", $"--network {net}");
        var server = world.Sandbox("server");
        (await lab.Overlay($"run -d --restart always --name {server} --network container:{web} -- {Programs.Overlay} lab web --text joined:")).Ok();

        // By the other's name from another host, by its port from outside, and on loopback from the other itself.
        await Answers(() => lab.In("h1", client, $"curl -sS -m 2 http://{web}/"));
        await Answers(() => lab.On("outside", $"curl -sS -m 2 http://{lab.Lab.Member("h2").Address}:18090/"));
        await Answers(() => lab.In("h2", web, "curl -sS -m 2 http://127.0.0.1/"));
        Assert.Equal("www\n", (await lab.Overlay($"exec {server} -- hostname")).Ok().Output);
        Assert.Equal((await lab.In("h2", web, "cat /etc/hosts /etc/resolv.conf")).Ok().Output, (await lab.Overlay($"exec {server} -- cat /etc/hosts /etc/resolv.conf")).Ok().Output);
        Assert.Equal($"container {web}\n", (await lab.Overlay("sandbox inspect --format", "{{.Mode}} {{.Joins}}", server)).Ok().Output);
        Assert.Contains("18090", (await lab.Overlay($"port {server}")).Ok().Output, StringComparison.Ordinal);

        var pid = (await lab.Overlay("sandbox inspect --format", "{{.Pid}}", server)).Ok().Output;
        await lab.Lab.KillAsync("h2");
        await Answers(() => lab.In("h1", client, $"curl -sS -m 2 http://{web}/"));
        await lab.Lab.StartAsync("h2");
        await lab.Lab.WaitReadyAsync(TimeSpan.FromSeconds(60), "h2");
        Assert.Equal(pid, (await lab.Overlay("sandbox inspect --format", "{{.Pid}}", server)).Ok().Output);

        (await lab.Overlay($"sandbox stop {web}")).Ok();
        Assert.Equal("stopped\n", (await lab.Overlay("sandbox inspect --format", "{{.Status}}", server)).Ok().Output);
        Assert.Contains($"start that one first: overlay sandbox start {web}", (await lab.Overlay($"sandbox start {server}")).Error, StringComparison.Ordinal);
        (await lab.Overlay($"sandbox start {web}")).Ok();
        await Answers(() => lab.In("h1", client, $"curl -sS -m 2 http://{web}/"));

        var refused = await lab.Overlay($"sandbox rm {web}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"also that of '{server}'", refused.Error, StringComparison.Ordinal);
        (await lab.Overlay($"sandbox rm -f {web} {server}")).Ok();
        Assert.Equal("", (await lab.On("h2", "pgrep -f joined:")).Output);
    }

    [Fact]
    public async Task Run_InTheForeground_JoinsWhatTheOtherHas_AndIsGone()
    {
        await using var world = new World(lab);
        var net = await world.CreateNetwork("net", "-d bridge");
        var web = await world.CreateSandbox("web", "h3", $"--network {net}");
        var ran = (await lab.Overlay($"run --rm --name {world.Sandbox("look")} --network container:{web} -- ip -4 -o addr show dev eth0")).Ok();
        Assert.Contains(await world.AddressOf("h3", web), ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Name("look"), (await lab.Overlay("sandbox ls")).Output, StringComparison.Ordinal);
        Assert.Equal(125, (await lab.Overlay($"run --rm --network container:{web} -p 80:80 -- true")).ExitCode);
    }

    [Fact]
    public async Task Run_HostNetwork_HasTheHostsLinks_AndTheFilesThatWereAskedFor()
    {
        await using var world = new World(lab);
        var box = world.Sandbox("box");
        var ran = await lab.Overlay(
            $"run --rm --name {box} --host h2 --network host --hostname chosen --dns 192.0.2.53 --add-host db:192.0.2.77 --",
            "sh", "-c", "hostname; getent hosts db; cat /etc/resolv.conf; ip -o link | wc -l");
        var lines = ran.Ok().Output.Split('\n');
        Assert.Equal("chosen", lines[0]);
        Assert.StartsWith("192.0.2.77", lines[1], StringComparison.Ordinal);
        Assert.Contains("nameserver 192.0.2.53", lines);
        Assert.Equal((await lab.On("h2", "sh -c", "ip -o link | wc -l")).Output.Trim(), lines[^2]);
        Assert.DoesNotContain("192.0.2.77", (await lab.On("h2", "cat /etc/hosts")).Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await lab.On("h2", $"ls /etc/netns/{box}")).ExitCode);
    }

    private static Task Answers(Func<Task<Ran>> ask) =>
        Eventually.Holds(ask, ran => ran.Output.StartsWith("joined:", StringComparison.Ordinal));
}
