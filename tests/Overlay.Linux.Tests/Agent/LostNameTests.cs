using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>What others do to the names under /run/netns.</summary>
public sealed class LostNameTests
{
    [Theory]
    [InlineData("ip netns del {0}")]
    [InlineData("umount /run/netns/{0}")]
    public async Task NameTakenAway_IsGivenBack_ToTheSameNamespace(string damage)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (job, _) = await StartJob(world, agent);
        var before = (Space(job.Name), Links(job.Name), agent.Local.SandboxStatus(job.Id)!.Pid);

        // The agent may be faster than iproute2, which then finds the name busy.
        Shell.Try(string.Format(damage, job.Name));

        // No resync is due for 30 s: only the notification can have told.
        Shell.Run($"for i in $(seq 60); do ip netns exec {job.Name} ping -c 1 -W 1 10.40.0.1 >/dev/null 2>&1 && exit 0; sleep 0.05; done; exit 1");
        Assert.Equal(before, (Space(job.Name), Links(job.Name), agent.Local.SandboxStatus(job.Id)!.Pid));
        Shell.Until(() => agent.Local.Status().DriftRepaired > 0);
    }

    [Fact]
    public async Task NameTakenAwayWhileNoAgentRan_TheCommandStartsAgainInANewNamespace()
    {
        await using var world = new TwoHosts();
        var first = await world.StartAgent(1);
        var (job, _) = await StartJob(world, first);
        var pid = first.Local.SandboxStatus(job.Id)!.Pid;
        await first.DisposeAsync();
        Shell.Run($"ip netns del {job.Name}");

        var agent = await world.StartAgent(1);

        Shell.Until(() => agent.Local.SandboxStatus(job.Id) is { State: "running", Pid: { } now } && now != pid);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        Shell.Run($"for i in $(seq 100); do ip netns pids {job.Name} | grep -q . && exit 0; sleep 0.05; done; exit 1");
        Shell.Run($"ip netns exec {job.Name} ping -c 1 -W 1 10.40.0.1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NameGivenToAnotherNamespace_ItsProcessesLive_AndTheNameStays(bool whileTheAgentRuns)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var (job, endpoint) = await StartJob(world, agent);
        if (!whileTheAgentRuns)
            await agent.DisposeAsync();
        var other = world.Name("other");
        // Again where the agent was faster and had given the name back.
        Shell.Run($"ip netns add {other}; for i in $(seq 50); do umount /run/netns/{job.Name}; mount --bind /run/netns/{other} /run/netns/{job.Name}"
            + $" && [ /run/netns/{other} -ef /run/netns/{job.Name} ] && exit 0; done; exit 1");
        using var foreign = Shell.Start($"exec ip netns exec {other} sleep 1000");
        Shell.Run($"for i in $(seq 100); do ip netns pids {job.Name} | grep -q {foreign.Id} && exit 0; sleep 0.05; done; exit 1");
        var space = Space(job.Name);
        if (!whileTheAgentRuns)
            agent = await world.StartAgent(1);
        Shell.Until(() => agent.Local.SandboxStatus(job.Id)!.Problem?.Contains("not ours", StringComparison.Ordinal) == true);

        world.Cluster.Remove(job);
        world.Cluster.Disconnect(endpoint.Endpoint, endpoint.Network);
        await agent.Applied(job.Id, Partitions.Roster("h1"), Partitions.Network(endpoint.Network.Id));

        Assert.False(foreign.HasExited);
        Assert.Equal(space, Space(job.Name));
        Assert.Equal("lo\n", Links(job.Name));
        Assert.DoesNotContain($"ove{endpoint.Endpoint.Id.LinkSuffix}", Shell.Run($"ip -n {world.Host(1)} -br link"), StringComparison.Ordinal);
        foreign.Kill();
        await foreign.WaitForExitAsync();
    }

    private static async Task<(SandboxRecord Job, (EndpointRecord Endpoint, NetworkRecord Network) Endpoint)> StartJob(TwoHosts world, TestAgent agent)
    {
        var network = world.Cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        world.Cluster.Join(network, "h1", 1);
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with { Command = ["sleep", "1000"] });
        var endpoint = world.Cluster.Connect(job, network, 11);
        await agent.Applied(job.Id, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);
        Shell.Until(() => agent.Local.SandboxStatus(job.Id) is { State: "running" });
        Shell.Run($"for i in $(seq 100); do ip netns pids {job.Name} | grep -q . && exit 0; sleep 0.05; done; exit 1");
        return (job, (endpoint, network));
    }

    private static string Space(string name) => Shell.Run($"stat -c '%i %y' /run/netns/{name}");

    private static string Links(string name) => Shell.Run($"ip -n {name} -br link | cut -d' ' -f1");
}
