using System.Text;
using Overlay.Contracts.Records;
using Overlay.Testing.Agents;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

/// <summary>What a command still has after it was told to end, and what is gone once it has ended.</summary>
public sealed class StopTests
{
    // Unlike socat it leaves SIGTERM ignored.
    private const string Server = """import socket; s = socket.create_server(("", 80)); exec("while 1: c = s.accept()[0]; c.send(b'open'); c.close()")""";

    [Fact]
    public async Task CommandToldToEnd_KeepsNetworkNamesAndPorts_UntilItHasEnded()
    {
        await using var world = new TwoHosts();
        var (agent, job, endpoint) = await StartJob(world);

        world.Cluster.Update(job with { Started = false });
        Shell.Until(() => Output(world, job).Contains("told to end", StringComparison.Ordinal));

        // The pass that sent SIGTERM is over: the status is of its view.
        Shell.Until(() => agent.Local.SandboxStatus(job.Id)!.State == "stopped");
        Assert.Equal("open", Fetch(world));
        File.WriteAllText(Path.Combine(world.Directory, "go-on"), "");
        await agent.Applied(job.Id, Partitions.Roster("h1"));

        var log = Encoding.UTF8.GetString((await agent.Local.ReadLog(job.Id, 0, CancellationToken.None)).Bytes);
        Assert.EndsWith("told to end\npinged\n10.40.0.12\n", log, StringComparison.Ordinal);
        Assert.False(File.Exists($"/run/netns/{job.Name}"));
        Assert.DoesNotContain($"ove{endpoint.Id.LinkSuffix}", Shell.Run($"ip -n {world.Host(1)} -br link"), StringComparison.Ordinal);
        Assert.DoesNotContain("8090", Shell.Run($"ip netns exec {world.Host(1)} nft list map inet overlay ports4_any"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemovedWhileItStillEnds_IsKilledAtOnce()
    {
        await using var world = new TwoHosts();
        var (agent, job, _) = await StartJob(world, grace: TimeSpan.FromMinutes(5));
        world.Cluster.Update(job with { Started = false });
        Shell.Until(() => Output(world, job).Contains("told to end", StringComparison.Ordinal));

        world.Cluster.Remove(job);

        // Within the test's patience, which is far less than the grace.
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        Assert.False(File.Exists($"/run/netns/{job.Name}"));
    }

    [Theory]
    [InlineData(SandboxModes.None)]
    [InlineData(SandboxModes.Host)]
    public async Task RemovedOnceItHasStopped_ItsOutputGoesToo(string mode)
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with { Mode = mode, Command = ["sh", "-c", "echo ready; sleep 1000"] });
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        Shell.Until(() => Output(world, job) == "ready\n");
        world.Cluster.Update(job with { Started = false });
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        Assert.StartsWith("ready\n", Output(world, job), StringComparison.Ordinal);

        world.Cluster.Remove(job);
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        Assert.False(Directory.Exists(Path.Combine(world.Options(1).StateDirectory, "sandboxes", job.Id.ToString())));
    }

    private static async Task<(TestAgent Agent, SandboxRecord Job, EndpointRecord Endpoint)> StartJob(TwoHosts world, TimeSpan? grace = null)
    {
        var agent = await world.StartAgent(1, with: options => options with { StopGrace = grace ?? TimeSpan.FromMinutes(1) });
        var cluster = world.Cluster;
        var network = cluster.AddNetwork("shop", "overlay", "10.40.0.0/24");
        cluster.Join(network, "h1", 1);
        var other = cluster.AddSandbox("h1", world.Name("other"));
        var job = cluster.AddSandbox("h1", world.Name("job"), s => s with
        {
            Ports = [FakeCluster.Port(8090, 80)],
            Command =
            [
                "sh", "-c",
                $"""
                trap '' TERM; python3 -c "$0" &
                trap 'echo told to end; while ! [ -e {world.Directory}/go-on ]; do sleep 0.05; done
                  ping -c 1 -W 2 10.40.0.12 >/dev/null && echo pinged; dig +short +tries=1 @127.0.0.11 {other.Name}; kill -9 $!; exit 0' TERM
                echo ready; while :; do sleep 0.05; done
                """,
                Server,
            ],
        });
        var endpoint = cluster.Connect(job, network, 11);
        cluster.Connect(other, network, 12);
        await agent.Applied(job.Id, Partitions.Roster("h1"), Partitions.Network(network.Id), Partitions.Hosts);
        Shell.Until(() => Output(world, job) == "ready\n");
        Assert.Equal("open", Fetch(world));
        return (agent, job, endpoint);
    }

    private static string Output(TwoHosts world, SandboxRecord job)
    {
        var output = Path.Combine(world.Options(1).StateDirectory, "sandboxes", job.Id.ToString(), "output");
        return File.Exists(output) ? File.ReadAllText(output) : "";
    }

    private static string Fetch(TwoHosts world) => Shell.Run(
        $"for i in $(seq 100); do ip netns exec {world.Outside} socat -T2 - TCP:192.0.2.1:8090,connect-timeout=2 </dev/null 2>/dev/null && exit 0; sleep 0.05; done; exit 1");
}
