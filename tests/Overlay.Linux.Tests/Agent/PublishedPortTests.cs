using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class PublishedPortTests
{
    [Fact]
    public async Task Port_OfASandbox_IsReachedFromEverywhereItShould()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "bridge", "10.41.0.0/24", "fd41::/64");
        cluster.Join(network, "h1", 1);
        var web = cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = [FakeCluster.Port(8080, 80)],
            Command = ["socat", "TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0", "SYSTEM:echo hello from $(hostname)"],
        });
        var other = cluster.AddSandbox("h1", world.Name("other"));
        cluster.Connect(web, network, 11);
        cluster.Connect(other, network, 12);
        await agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
        Eventually($"ip netns exec {web.Name} ss -Hltn sport = :80 | grep -q LISTEN");

        foreach (var (space, target) in new[]
        {
            (world.Outside, "192.0.2.1"), (world.Outside, "[fd99::1]"), (world.Host(1), "192.0.2.1"), (world.Host(1), "127.0.0.1"),
            (web.Name, "192.0.2.1"), (other.Name, "192.0.2.1"), (other.Name, "10.41.0.1"), (world.Host(2), "192.0.2.1"),
        })
            Assert.Equal($"hello from {web.Name}\n", Shell.Run($"ip netns exec {space} socat -T2 - TCP:{target}:8080,connect-timeout=2 </dev/null"));
        Assert.NotEqual(0, Shell.Try($"ip netns exec {other.Name} socat -T1 - TCP:127.0.0.1:8080,connect-timeout=1 </dev/null").Code);
        Assert.Equal("running", agent.Local.SandboxStatus(web.Id)!.State);

        cluster.Update(web with { Ports = [] });
        await agent.Applied(web.Id, Partitions.Roster("h1"));
        Assert.NotEqual(0, Shell.Try($"ip netns exec {world.Outside} socat -T1 - TCP:192.0.2.1:8080,connect-timeout=1 </dev/null").Code);
    }

    [Fact]
    public async Task Port_ThatAProgramOfTheHostHolds_IsRefused()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        using var holder = Shell.Start($"exec ip netns exec {world.Host(1)} socat TCP-LISTEN:8081 SYSTEM:true");
        Eventually($"ip netns exec {world.Host(1)} ss -Hltn sport = :8081 | grep -q LISTEN");
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.42.0.0/24");
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Hosts);
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with { Ports = [FakeCluster.Port(8081, 80)] });
        world.Cluster.Connect(web, network, 11);

        var refusal = await Assert.ThrowsAsync<RefusalException>(() =>
            agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1")));

        Assert.Equal(ErrorCodes.ApplyFailed, refusal.Code);
        Assert.Contains("port 8081/tcp of this host is taken", refusal.Message, StringComparison.Ordinal);
        holder.Kill();
        await holder.WaitForExitAsync();
    }

    [Fact]
    public async Task Port_RefusedAtOneAddress_StaysPublishedAtAnother()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        using var holder = Shell.Start($"exec ip netns exec {world.Host(1)} socat TCP-LISTEN:8082,bind=127.0.0.1 SYSTEM:true");
        Eventually($"ip netns exec {world.Host(1)} ss -Hltn sport = :8082 | grep -q LISTEN");
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.44.0.0/24");
        await agent.Applied(null, Partitions.Roster("h1"), Partitions.Hosts);
        world.Cluster.Join(network, "h1", 1);
        var open = world.Cluster.AddSandbox("h1", world.Name("open"), s => s with
        {
            Ports = [FakeCluster.Port(8082, 80) with { HostAddress = Address.Parse("192.0.2.1") }],
            Command = ["socat", "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:echo open"],
        });
        world.Cluster.Connect(open, network, 11);
        await agent.Applied(open.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
        var refused = world.Cluster.AddSandbox("h1", world.Name("refused"), s => s with
        {
            Ports = [FakeCluster.Port(8082, 80) with { HostAddress = Address.Parse("127.0.0.1") }],
        });
        world.Cluster.Connect(refused, network, 12);

        await Assert.ThrowsAsync<RefusalException>(() => agent.Applied(refused.Id, Partitions.Network(network.Id), Partitions.Roster("h1")));

        Eventually($"ip netns exec {open.Name} ss -Hltn sport = :80 | grep -q LISTEN");
        Assert.Equal("open\n", Shell.Run($"ip netns exec {world.Outside} socat -T2 - TCP:192.0.2.1:8082,connect-timeout=2 </dev/null"));
        holder.Kill();
        await holder.WaitForExitAsync();
    }

    [Fact]
    public async Task Port_ThatAProgramTookWhileNoAgentRan_StaysPublished_WithAWarning()
    {
        await using var world = new TwoHosts();
        var first = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.45.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var web = world.Cluster.AddSandbox("h1", world.Name("web"), s => s with
        {
            Ports = [FakeCluster.Port(8083, 80)],
            Command = ["socat", "TCP-LISTEN:80,fork,reuseaddr", "SYSTEM:echo web"],
        });
        world.Cluster.Connect(web, network, 11);
        await first.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
        Eventually($"ip netns exec {web.Name} ss -Hltn sport = :80 | grep -q LISTEN");
        await first.DisposeAsync();
        using var holder = Shell.Start($"exec ip netns exec {world.Host(1)} socat TCP-LISTEN:8083,reuseaddr SYSTEM:true");
        Eventually($"ip netns exec {world.Host(1)} ss -Hltn sport = :8083 | grep -q LISTEN");

        var agent = await world.StartAgent(1);
        await agent.Applied(web.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));

        Assert.Contains("port 8083/tcp of this host is taken", agent.Local.SandboxStatus(web.Id)!.Problem!, StringComparison.Ordinal);
        Assert.Equal("running", agent.Local.SandboxStatus(web.Id)!.State);
        Assert.Contains(agent.Local.Status().Problems, p => p.Contains("8083/tcp", StringComparison.Ordinal));
        Assert.Equal("web\n", Shell.Run($"ip netns exec {world.Outside} socat -T2 - TCP:192.0.2.1:8083,connect-timeout=2 </dev/null"));
        holder.Kill();
        await holder.WaitForExitAsync();
        world.Cluster.Update(web with { Labels = web.Labels.Add("looked", "again") });
        await agent.Applied(web.Id, Partitions.Roster("h1"));
        Assert.Null(agent.Local.SandboxStatus(web.Id)!.Problem);
    }

    [Fact]
    public async Task UdpFlow_DoesNotStickToAPortThatMovedOrIsGone()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var network = world.Cluster.AddNetwork("shop", "bridge", "10.46.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var (first, second) = (Echo("first"), Echo("second"));
        world.Cluster.Connect(first, network, 11);
        world.Cluster.Connect(second, network, 12);
        await Applied();
        Eventually($"ip netns exec {first.Name} ss -Huln sport = :90 | grep -q :90");
        Eventually($"ip netns exec {second.Name} ss -Huln sport = :90 | grep -q :90");

        // Always from the same port: to the kernel, one flow that goes on.
        string Ask() => Shell.Run($"echo x | ip netns exec {world.Outside} socat -T0.3 - UDP:192.0.2.1:9000,sourceport=4000 2>/dev/null || true");

        Assert.Equal("", Ask());
        world.Cluster.Update(first with { Ports = [FakeCluster.Port(9000, 90, "udp")] });
        await Applied();
        Assert.Equal("first\n", Ask());

        world.Cluster.Update(first);
        world.Cluster.Update(second with { Ports = [FakeCluster.Port(9000, 90, "udp")] });
        await Applied();
        Assert.Equal("second\n", Ask());

        world.Cluster.Update(second);
        await Applied();
        Assert.Equal("", Ask());

        SandboxRecord Echo(string name) => world.Cluster.AddSandbox("h1", world.Name(name), s => s with
        {
            Command = ["socat", "UDP-LISTEN:90,fork,reuseaddr", $"SYSTEM:read x; echo {name}"],
        });
        Task Applied() => agent.Applied(first.Id, Partitions.Network(network.Id), Partitions.Roster("h1"));
    }

    private static void Eventually(string command) => Shell.Run($"for i in $(seq 200); do {command} && exit 0; sleep 0.05; done; exit 1");
}
