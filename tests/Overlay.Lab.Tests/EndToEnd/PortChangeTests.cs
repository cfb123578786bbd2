using System.Text.Json;
using Xunit;

namespace Overlay.Lab.Tests.EndToEnd;

/// <summary>overlay port add and rm, and what networks mean for published ports, as users do it.</summary>
[Collection(LabCollection.Name)]
public sealed class PortChangeTests(LabOfThree lab)
{
    [Fact]
    public async Task AddedPorts_AreReachedWhereTheyAreSaid_UntilTheyAreTakenOff()
    {
        await using var world = new World(lab);
        var (web, client) = await StartWeb(world);
        var (v4, v6) = (lab.Lab.Member("h1").Address, lab.Lab.Member("h1").Address6);

        var added = (await lab.Overlay($"port add --format json {web} 18190:80 127.0.0.1:18191:80 [{v6}]:18192:80 18193-18199:80 80")).Ok();
        int[] ports = [.. JsonDocument.Parse(added.Output).RootElement.EnumerateArray().Select(p => p.GetProperty("hostPort").GetInt32())];
        Assert.Equal([18190, 18191, 18192, 18193], ports[..4]);
        Assert.InRange(ports[4], 32768, 60999);
        foreach (var port in new[] { 18190, 18193, ports[4] })
        {
            await Answers(words => lab.On("outside", words), $"http://{v4}:{port}/");
            await Answers(words => lab.On("outside", words), $"http://[{v6}]:{port}/");
            await Answers(words => lab.On("h1", words), $"http://{v4}:{port}/");
            await Answers(words => lab.On("h1", words), $"http://127.0.0.1:{port}/");
            await Answers(words => lab.In("h1", client, words), $"http://{v4}:{port}/");
            await Answers(words => lab.In("h1", web, words), $"http://{v4}:{port}/");
        }
        await Answers(words => lab.On("h1", words), "http://127.0.0.1:18191/");
        await Answers(words => lab.On("outside", words), $"http://[{v6}]:18192/");
        Assert.NotEqual(0, (await lab.On("outside", $"curl -sS -m 2 http://{v4}:18191/")).ExitCode);
        Assert.NotEqual(0, (await lab.On("h1", $"curl -sS -m 2 http://{v4}:18192/")).ExitCode);

        (await lab.Overlay($"sandbox stop {web}")).Ok();
        (await lab.Overlay($"sandbox start {web}")).Ok();
        await Answers(words => lab.On("outside", words), $"http://{v4}:18190/");
        Assert.Equal($"80/tcp -> 0.0.0.0:18190\n80/tcp -> 0.0.0.0:18193\n", (await lab.Overlay($"port rm {web} 18190:80 18193:80")).Ok().Output);
        Assert.NotEqual(0, (await lab.On("outside", $"curl -sS -m 2 http://{v4}:18190/")).ExitCode);
        await Answers(words => lab.On("outside", words), $"http://{v4}:{ports[4]}/");
        (await lab.Overlay($"port rm {web} 80")).Ok();
        Assert.Equal("", (await lab.Overlay($"port {web}")).Ok().Output);

        Task Answers(Func<string, Task<Ran>> fetch, string url) =>
            Eventually.Holds(() => fetch($"curl -sS -m 3 {url}"), ran => ran.Output.StartsWith("page", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task HundredPorts_InOneCommand_AndARefusedOneOfThem()
    {
        await using var world = new World(lab);
        var (web, client) = await StartWeb(world);
        await using var listener = lab.StartOn("h1", "socat", "TCP4-LISTEN:19299,bind=127.0.0.1,fork", "SYSTEM:true");
        await Eventually.Holds(() => lab.On("h1", "ss -Hltn sport = :19299"), ran => ran.Output.Length > 0);
        (await lab.Overlay($"port add {client} 19150:80")).Ok();

        Assert.Equal(100, (await lab.Overlay($"port add {web} 19000-19099:19000-19099")).Ok().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await Refused($"port add {web} 19100-19199:19100-19199", client);
        await Refused($"port add {web} 19200-19299:19200-19299", "socat (pid ");
        await Refused($"port rm {web} 19000:19000 19100:19100", "does not publish 19100:19100/tcp");
        await Refused($"run -d --host h1 --name {world.Sandbox("thief")} -p 19299:80 -- sleep 99", "socat (pid ");
        Assert.DoesNotContain(world.Name("thief"), (await lab.Overlay("sandbox ls")).Output, StringComparison.Ordinal);
        var loopback = await lab.Overlay($"port add {web} [::1]:19300:80");
        Assert.Equal(2, loopback.ExitCode);
        Assert.Contains("kernel forwards nothing", loopback.Error, StringComparison.Ordinal);

        Assert.Equal(100, (await lab.Overlay($"port {web}")).Ok().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(100, (await lab.On("h1", "nft list map inet overlay ports4_any")).Ok().Output.Split(": 10.").Length - 2);
        Assert.Equal(100, (await lab.Overlay($"port rm {web} 19000-19099:19000-19099")).Ok().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Gateway_ThatWouldMoveToThePhysicalNetwork_IsRefusedNamingThePorts_AndForcedItWarns()
    {
        await using var world = new World(lab);
        var lan = await world.CreateNetwork("lan", "-d macvlan -o parent=eth0 --subnet 192.168.115.0/24");
        var (web, _) = await StartWeb(world, "-p 18290:80");
        var net = world.Name("net");

        await Refused($"network connect --gw-priority 1 {lan} {web}", "18290:80/tcp");
        (await lab.Overlay($"network connect --gw-priority -1 --driver-opt ifname=lan0 --driver-opt sysctls=net.ipv4.conf.IFNAME.arp_notify=1 {lan} {web}")).Ok();
        Assert.Equal("1\n", (await lab.In("h1", web, "cat /proc/sys/net/ipv4/conf/lan0/arp_notify")).Ok().Output);
        await Refused($"network disconnect {net} {web}", "--force");
        Assert.Equal(0, (await lab.On("outside", $"curl -sS -m 3 http://{lab.Lab.Member("h1").Address}:18290/")).ExitCode);

        (await lab.Overlay($"network disconnect -f {net} {web}")).Ok();
        Assert.Contains("lead nowhere", (await lab.Overlay($"sandbox inspect {web}")).Ok().Output, StringComparison.Ordinal);
        (await lab.Overlay($"network connect --gw-priority 1 {net} {web}")).Ok();
        await Eventually.Holds(() => lab.On("outside", $"curl -sS -m 3 http://{lab.Lab.Member("h1").Address}:18290/"), ran => ran.ExitCode == 0);
    }

    private async Task Refused(string words, string says)
    {
        var ran = await lab.Overlay(words);
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(says, ran.Error, StringComparison.Ordinal);
    }

    private async Task<(string Web, string Client)> StartWeb(World world, string ports = "")
    {
        var net = await world.CreateNetwork("net", "--ipv6");
        var web = world.Sandbox("web");
        (await lab.Overlay($"run -d --host h1 --network {net} {ports} --name {web} -- {Programs.Overlay} lab web --text page:")).Ok();
        await Eventually.Holds(() => lab.In("h1", web, "ss -Hltn sport = :80"), ran => ran.Output.Length > 0);
        return (web, await world.CreateSandbox("client", "h1", $"--network {net}"));
    }
}
