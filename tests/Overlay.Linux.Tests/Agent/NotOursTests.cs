using System.Collections.Immutable;
using Overlay.Agent.View;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>What the agent must leave alone, and what it must not leave behind.</summary>
public sealed class NotOursTests
{
    [Fact]
    public async Task BridgeNameOfAnotherBridge_IsRefused_AndTheBridgeStaysAsItWas()
    {
        await using var world = new TwoHosts();
        Shell.Run($"ip -n {world.Host(1)} link add lan0 type bridge && ip -n {world.Host(1)} addr add 198.51.100.1/24 dev lan0 && ip -n {world.Host(1)} link set lan0 up");
        var before = Shell.Run($"ip -n {world.Host(1)} addr show lan0");
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork(new NetworkRecord
        {
            Id = world.Cluster.NewId(),
            Name = "front",
            Driver = "bridge",
            GatewayMac = world.Cluster.NewMac(),
            Subnets = [new SubnetRecord { Id = world.Cluster.NewId(), Prefix = Prefix.Parse("10.41.0.0/24"), Gateway = Address.Parse("10.41.0.1") }],
            Options = new Dictionary<string, string> { ["bridge.name"] = "lan0" }.ToImmutableDictionary(),
        });
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        world.Cluster.Connect(a, network, 11);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id)));

        Assert.Contains("not ours", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Shell.Run($"ip -n {world.Host(1)} addr show lan0"));
    }

    [Fact]
    public async Task PortAtAnAddressThatCannotBeBound_IsThatSandboxsProblemOnly()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        await agent.Applied(null, Partitions.Roster("h1"));
        var odd = world.Cluster.AddSandbox("h1", world.Name("a"), s => s with { Ports = [FakeCluster.Port(80, 80) with { HostAddress = Address.Parse("fe80::1") }] });
        await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(odd.Id, Partitions.Roster("h1")));

        var fine = world.Cluster.AddSandbox("h1", world.Name("b"));
        await agent.Applied(fine.Id, Partitions.Roster("h1"));
    }

    [Fact]
    public async Task HostModeSandboxRemovedWhileNoAgentRan_EndsWithTheNext()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with { Mode = SandboxModes.Host, Command = ["sleep", "1000"] });
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        var files = Path.Combine(world.Options(1).StateDirectory, "sandboxes", job.Id.ToString());
        Assert.True(SpinWait.SpinUntil(() => agent.Local.SandboxStatus(job.Id)?.Pid is not null, TimeSpan.FromSeconds(10)));
        var shell = agent.Local.SandboxStatus(job.Id)!.Pid;
        await agent.DisposeAsync();
        world.Cluster.Remove(job);

        await world.StartAgent(1);

        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists(files) && !Directory.Exists($"/proc/{shell}"), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task StartedAgainWhileItStillEnds_TheNewCommandLives()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with { Generation = 1, Command = ["sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; done"] });
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        var output = Path.Combine(world.Options(1).StateDirectory, "sandboxes", job.Id.ToString(), "output");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(output) && File.ReadAllText(output) == "begun\n", TimeSpan.FromSeconds(10)));
        var first = agent.Local.SandboxStatus(job.Id)!.Pid;

        world.Cluster.Update(job with { Started = false });
        Assert.True(SpinWait.SpinUntil(() => agent.Local.SandboxStatus(job.Id)!.State == "stopped", TimeSpan.FromSeconds(10)));
        world.Cluster.Update(job with { Generation = 2 });

        // The first one resists SIGTERM and is killed after the grace; only then does the second begin, and it stays.
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(output).Split("begun").Length == 3, TimeSpan.FromSeconds(20)));
        Assert.False(Directory.Exists($"/proc/{first}"));
        Assert.Equal("running", agent.Local.SandboxStatus(job.Id)!.State);
    }

    [Fact]
    public async Task FilesThatSomeonePrepared_AreRefused_AndStayAsTheyWere()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var name = world.Name("a");
        var own = Path.Combine(world.Options(1).NamespaceFiles, name);
        Directory.CreateDirectory(own);
        File.WriteAllText(Path.Combine(own, "resolv.conf"), "nameserver 192.0.2.77\n");
        var sandbox = world.Cluster.AddSandbox("h1", name);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(sandbox.Id, Partitions.Roster("h1")));
        world.Cluster.Remove(sandbox);
        await agent.Applied(sandbox.Id, Partitions.Roster("h1"));

        Assert.Contains($"{own} is there and not ours; move it away", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("nameserver 192.0.2.77\n", File.ReadAllText(Path.Combine(own, "resolv.conf")));
        Assert.Equal([Path.Combine(own, "resolv.conf")], Directory.EnumerateFileSystemEntries(own));
    }

    [Fact]
    public async Task SandboxRemovedAfterAReboot_LeavesNoFiles()
    {
        await using var world = new TwoHosts();
        var first = await world.StartAgent(1);
        var sandbox = world.Cluster.AddSandbox("h1", world.Name("a"));
        await first.Applied(sandbox.Id, Partitions.Roster("h1"));
        Assert.True(File.Exists(Path.Combine(world.Options(1).NamespaceFiles, sandbox.Name, "hosts")));
        await first.DisposeAsync();
        // What ends with a reboot.
        Shell.Run($"ip netns del {sandbox.Name}");
        Directory.Delete(world.Options(1).RunDirectory, recursive: true);
        world.Cluster.Remove(sandbox);

        await world.StartAgent(1);

        Shell.Until(() => !Directory.Exists(world.Options(1).NamespaceFiles)
            && !Directory.EnumerateFileSystemEntries(Path.Combine(world.Options(1).StateDirectory, "netns")).Any());
    }

    [Fact]
    public async Task TableOfOurName_ThatAWorkloadMade_StaysInASandboxWithoutNames()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var sandbox = world.Cluster.AddSandbox("h1", world.Name("a"));
        await agent.Applied(sandbox.Id, Partitions.Roster("h1"));

        Shell.Run($"ip netns exec {sandbox.Name} nft add table inet overlay");
        world.Cluster.Update(sandbox with { Generation = 2 });
        await agent.Applied(sandbox.Id, Partitions.Roster("h1"));

        Assert.Contains("table inet overlay", Shell.Run($"ip netns exec {sandbox.Name} nft list tables"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SettingThatSomeoneChangedMeanwhile_IsNotPutBack()
    {
        await using var world = new TwoHosts();
        string Read(string name) => Shell.Run($"ip netns exec {world.Host(1)} sysctl -n {name}").Trim();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("front", "bridge", "10.41.0.0/24", "fd41::/64");
        world.Cluster.Join(network, "h1", 1);
        var a = world.Cluster.AddSandbox("h1", world.Name("a"));
        var endpoint = world.Cluster.Connect(a, network, 11);
        await agent.Applied(a.Id, Partitions.Roster("h1"), Partitions.Network(network.Id));
        Assert.Equal(("1", "1", "2"), (Read("net.ipv4.ip_forward"), Read("net.ipv6.conf.all.forwarding"), Read("net.ipv6.conf.eth0.accept_ra")));

        Shell.Run($"ip netns exec {world.Host(1)} sysctl -w net.ipv6.conf.eth0.accept_ra=0");
        world.Cluster.Disconnect(endpoint, network);
        world.Cluster.Remove(a);
        world.Cluster.Leave(network, "h1");
        await agent.Applied(a.Id, Partitions.Roster("h1"));

        Assert.Equal(("0", "0", "0"), (Read("net.ipv4.ip_forward"), Read("net.ipv6.conf.all.forwarding"), Read("net.ipv6.conf.eth0.accept_ra")));
    }

    [Fact]
    public void ViewThatWentBack_MayNotDelete_UntilItIsAsNewAsBefore()
    {
        var views = new ViewStore("h1");
        views.Lay(Partitions.Hosts, Snapshot(1));
        views.Lay(Partitions.Roster("h1"), Snapshot(5));
        Assert.True(views.Current.MayDelete);

        views.Lay(Partitions.Roster("h1"), Snapshot(3));
        Assert.False(views.Current.MayDelete);
        views.Lay(Partitions.Roster("h1"), Snapshot(4));
        Assert.False(views.Current.MayDelete);
        views.Lay(Partitions.Roster("h1"), Snapshot(5));
        Assert.True(views.Current.MayDelete);
    }

    private static FeedPage Snapshot(ulong revision) => new() { Cursor = new(revision, revision), IsSnapshot = true, Changes = [], Gone = false };
}
