using System.Text;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>Sandboxes that use another one's network stack (container:NAME), or the host's.</summary>
public sealed class JoinTests
{
    private const string Server = "exec 2>/dev/null; echo started; trap 'echo told to end; exit 0' TERM; while :; do sleep 0.05; done";

    [Fact]
    public async Task Joined_SharesLinksAndLoopback_AndLeavesWithoutATrace()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (web, helper, partitions) = AddBoth(world, command:
            "ip -4 -o addr show dev eth0; hostname; while ! socat -u TCP:127.0.0.1:81 - 2>/dev/null; do sleep 0.05; done");
        await agent.Applied(helper.Id, partitions);

        // What one says on loopback, the other hears.
        Shell.Run($"ip netns exec {web.Name} sh -c 'echo by loopback | socat -u - TCP-LISTEN:81,bind=127.0.0.1,reuseaddr'");
        Shell.Until(() => Output(world, helper).Contains("by loopback", StringComparison.Ordinal));
        var said = Output(world, helper);
        Assert.Contains("inet 10.40.0.11/24", said, StringComparison.Ordinal);
        Assert.EndsWith("web\nby loopback\n", said, StringComparison.Ordinal);
        Assert.Equal($"/run/netns/{web.Name}", agent.Local.SandboxStatus(helper.Id)!.NamespacePath);
        Shell.Until(() => agent.Local.SandboxStatus(helper.Id) is { State: "exited", ExitCode: 0 });

        world.Cluster.Remove(helper);
        await agent.Applied(helper.Id, partitions);
        Assert.Contains("eth0", Shell.Run($"ip -n {web.Name} -br link"), StringComparison.Ordinal);
        world.Cluster.Remove(web);
        await agent.Applied(web.Id, partitions);
        AssertNothingLeft(world, web, helper);
    }

    [Fact]
    public async Task Joined_OutlivesTheAgent_EndsWithTheOther_AndRunsAgainWithIt()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (web, helper, partitions) = AddBoth(world, Server);
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => Output(world, helper) == "started\n");
        var pid = agent.Local.SandboxStatus(helper.Id)!.Pid;

        await agent.DisposeAsync();
        agent = await world.StartAgent(1);
        await agent.Applied(helper.Id, partitions);
        Assert.Equal(("running", pid), (agent.Local.SandboxStatus(helper.Id)!.State, agent.Local.SandboxStatus(helper.Id)!.Pid));

        world.Cluster.Update(web with { Started = false });
        await agent.Applied(web.Id, partitions);
        Assert.Equal("started\ntold to end\n", Output(world, helper));
        Assert.False(File.Exists($"/run/netns/{web.Name}"));
        var status = agent.Local.SandboxStatus(helper.Id)!;
        Assert.Equal(("stopped", $"it starts with '{web.Name}', whose network it joins and which is stopped"), (status.State, status.Problem));

        // Stopped while no agent looks, and started again: its turn comes after the other's.
        await agent.DisposeAsync();
        agent = await world.StartAgent(1);
        world.Cluster.Update(web with { Generation = 2 });
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => Output(world, helper) == "started\ntold to end\nstarted\n");
        AssertIsIn(world, helper, web);
    }

    [Fact]
    public async Task OtherStartedAgainWhileItStillEnds_JoinedWaitsForThat_AndRuns()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var goOn = Path.Combine(world.Directory, "go-on");
        var (web, helper, partitions) = AddBoth(world, Server, other: $"trap 'while ! [ -e {goOn} ]; do sleep 0.05; done; exit 0' TERM; while :; do sleep 0.05; done");
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => Output(world, helper) == "started\n");
        var old = agent.Local.SandboxStatus(web.Id)!.Pid;
        world.Cluster.Update(web with { Started = false });
        Shell.Until(() => Output(world, helper) == "started\ntold to end\n");

        world.Cluster.Update(web with { Generation = 2 });
        await agent.Applied(helper.Id, partitions);
        File.WriteAllText(goOn, "");

        // The other runs anew: all that was told to end has, and the one that joins was not among it again.
        Shell.Until(() => agent.Local.SandboxStatus(web.Id) is { State: "running" } status && status.Pid != old);
        Shell.Until(() => Output(world, helper) == "started\ntold to end\nstarted\n");
        Assert.Equal("running", agent.Local.SandboxStatus(helper.Id)!.State);
    }

    [Fact]
    public async Task HostRebooted_OrTheOthersNamespaceGone_BothAreBack_InOneNewNamespace()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (web, helper, partitions) = AddBoth(world, Server);
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => Output(world, helper) == "started\n");

        // As after a reboot: no process, no namespace, and no memory of them under /run.
        await agent.DisposeAsync();
        Shell.Run($"ip netns pids {web.Name} | xargs -r kill -9; ip netns del {web.Name}");
        Directory.Delete(Path.Combine(world.Options(1).RunDirectory, "netns"), recursive: true);
        foreach (var sandbox in new[] { web, helper })
            File.WriteAllText(Path.Combine(FilesOf(world, sandbox), "pid"), "0 0 another-boot");
        agent = await world.StartAgent(1);
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => new[] { helper, web }.All(sandbox => Output(world, sandbox).Split("started\n").Length == 3));
        AssertIsIn(world, helper, web);

        // Only the name was taken away, while no agent looked: what still runs in the old namespace ends, and starts in the new one.
        await agent.DisposeAsync();
        Shell.Run($"ip netns del {web.Name}");
        agent = await world.StartAgent(1);
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => Output(world, helper).EndsWith("told to end\nstarted\n", StringComparison.Ordinal));
        AssertIsIn(world, helper, web);
    }

    [Fact]
    public async Task OtherRemoved_WhatJoinedItEndsToo_AndNothingIsLeft()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (web, helper, partitions) = AddBoth(world, Server);
        await agent.Applied(helper.Id, partitions);
        Shell.Until(() => Output(world, helper) == "started\n");

        // What rm -f commits.
        world.Cluster.Update(helper with { Started = false });
        world.Cluster.Remove(web);
        await agent.Applied(helper.Id, partitions);
        await agent.Applied(web.Id, partitions);

        Assert.Equal("stopped", agent.Local.SandboxStatus(helper.Id)!.State);
        Assert.False(Directory.Exists(FilesOf(world, web)));
        world.Cluster.Remove(helper);
        await agent.Applied(helper.Id, partitions);
        AssertNothingLeft(world, web, helper);
    }

    [Fact]
    public async Task HostMode_HasTheHostNameAndFilesThatWereAskedFor_AsHasWhoJoinsIt()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        const string look = "hostname; cat /etc/hosts; cat /etc/resolv.conf; echo end";
        var box = world.Cluster.AddSandbox("h1", world.Name("box"), s => s with
        {
            Mode = SandboxModes.Host,
            Hostname = "chosen",
            ExtraHosts = [new ExtraHost { Name = "db", Address = Address.Parse("192.0.2.77") }, new ExtraHost { Name = "gw" }],
            DnsServers = [Address.Parse("192.0.2.53")],
            Command = ["sh", "-c", look],
        });
        var joins = world.Cluster.AddSandbox("h1", world.Name("joins"), s => s with { Mode = SandboxModes.Container, Joins = box.Id, Command = ["sh", "-c", look] });
        await agent.Applied(joins.Id, Partitions.Roster("h1"));

        foreach (var sandbox in new[] { box, joins })
        {
            Shell.Until(() => Output(world, sandbox).EndsWith("end\n", StringComparison.Ordinal));
            Assert.StartsWith("chosen\n192.0.2.77\tdb\n127.0.0.1\tgw\n", Output(world, sandbox), StringComparison.Ordinal);
            Assert.Contains(File.ReadAllText("/etc/hosts"), Output(world, sandbox), StringComparison.Ordinal);
            Assert.Contains("nameserver 192.0.2.53", Output(world, sandbox), StringComparison.Ordinal);
        }

        world.Cluster.Remove(joins);
        world.Cluster.Remove(box);
        await agent.Applied(box.Id, Partitions.Roster("h1"));
        AssertNothingLeft(world, box, joins);
    }

    private static (SandboxRecord Web, SandboxRecord Helper, string[] Partitions) AddBoth(TwoHosts world, string command, string other = Server)
    {
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        cluster.Join(network, "h1", 1);
        // The one that joins comes first by name and id, and must wait all the same.
        var web = cluster.AddSandbox("h1", world.Name("web"), s => s with { Hostname = "web", Command = ["sh", "-c", other] });
        var helper = cluster.AddSandbox("h1", world.Name("helper"), s => s with
        {
            Mode = SandboxModes.Container,
            Joins = web.Id,
            Hostname = web.Hostname,
            Command = ["sh", "-c", command],
        });
        cluster.Connect(web, network, 11);
        return (web, helper, [Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts]);
    }

    private static void AssertIsIn(TwoHosts world, SandboxRecord helper, SandboxRecord web) => Shell.Until(() =>
    {
        var session = File.ReadAllText(Path.Combine(FilesOf(world, helper), "pid")).Split(' ')[0];
        var pids = Shell.Try($"ip netns pids {web.Name}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Shell.Try($"ps -o pid= -s {session}").Output.Split('\n', StringSplitOptions.TrimEntries).Intersect(pids).Any();
    });

    private static void AssertNothingLeft(TwoHosts world, SandboxRecord web, SandboxRecord helper)
    {
        foreach (var sandbox in new[] { web, helper })
        {
            Assert.False(File.Exists($"/run/netns/{sandbox.Name}"));
            Assert.False(Directory.Exists(FilesOf(world, sandbox)));
            Assert.False(Directory.Exists(Path.Combine(world.Options(1).NamespaceFiles, sandbox.Name)));
        }
        Assert.DoesNotContain("ove", Shell.Run($"ip -n {world.Host(1)} -br link"), StringComparison.Ordinal);
        Assert.NotEqual(0, Shell.Try($"pgrep -f '[/]{world.Directory[1..]}'").Code);
    }

    private static string FilesOf(TwoHosts world, SandboxRecord sandbox) =>
        Path.Combine(world.Options(1).StateDirectory, "sandboxes", sandbox.Id.ToString());

    private static string Output(TwoHosts world, SandboxRecord sandbox)
    {
        var output = Path.Combine(FilesOf(world, sandbox), "output");
        return File.Exists(output) ? Encoding.UTF8.GetString(File.ReadAllBytes(output)) : "";
    }
}
