using System.Text;
using Overlay.Contracts.Records;
using Xunit;

namespace Overlay.Linux.Tests.Agent;

public sealed class CommandTests
{
    [Fact]
    public async Task Command_ThatFails_IsRunAgainAsOftenAsItsPolicySays_ThenItsRemovalIsAsked()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with
        {
            Command = ["sh", "-c", "echo ran; exit 7"],
            Restart = "on-failure:2",
            RemoveOnExit = true,
        });
        await agent.Applied(job.Id, Partitions.Roster("h1"));

        var asked = world.Cluster.Control.RemovalsAsked;
        Shell.Run($"for i in $(seq 200); do [ \"$(cat {world.Options(1).StateDirectory}/sandboxes/{job.Id}/output 2>/dev/null | wc -l)\" = 3 ] && exit 0; sleep 0.05; done; exit 1");
        for (var look = 0; look < 200 && asked.Count == 0; look++)
            Shell.Run("sleep 0.05");

        Assert.Equal([job.Id], asked);
        var log = await agent.Local.ReadLog(job.Id, 0, CancellationToken.None);
        Assert.Equal("ran\nran\nran\n", Encoding.UTF8.GetString(log.Bytes));
        Assert.True(log.End);
        Assert.Equal(("exited", 7), (agent.Local.SandboxStatus(job.Id)!.State, agent.Local.SandboxStatus(job.Id)!.ExitCode));
    }

    [Fact]
    public async Task HostMode_RunsInTheHostsStack_AndEndsWithTheSandbox()
    {
        await using var world = new TwoHosts();
        var agent = await world.StartAgent(1);
        var marker = world.Name("marker");
        var job = world.Cluster.AddSandbox("h1", world.Name("job"), s => s with { Mode = SandboxModes.Host, Command = ["sh", "-c", $": {marker}; sleep 1000 & wait"] });
        await agent.Applied(job.Id, Partitions.Roster("h1"));
        Shell.Run($"for i in $(seq 100); do pgrep -f ': {marker}' >/dev/null && exit 0; sleep 0.05; done; exit 1");
        Assert.False(File.Exists($"/run/netns/{job.Name}"));

        world.Cluster.Remove(job);
        await agent.Applied(job.Id, Partitions.Roster("h1"));

        Assert.NotEqual(0, Shell.Try($"ps -eo args | grep -v grep | grep -F ': {marker}; sleep' | grep -v overlay-run").Code);
    }
}
