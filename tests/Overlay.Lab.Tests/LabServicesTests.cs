using System.Text.Json;
using Overlay.Lab.Supervision;
using Xunit;

namespace Overlay.Lab.Tests;

/// <summary>The supervisor, seen from outside.</summary>
public sealed class LabServicesTests(FakeLab fake) : IClassFixture<FakeLab>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private const string TenQueries =
        """
        import socket, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(10)
        s.connect((sys.argv[1], 7000))
        for i in range(10):
            s.send(b"%d" % i)
            assert s.recv(100) == b"%d" % i
        """;

    [Fact]
    public async Task Kill_OfAHost_StaysDownUntilStartAndGetsItsSocketBack()
    {
        var before = await AskAsync("h1");

        await fake.Lab.KillAsync("h1");
        Assert.Equal(ServicePhase.Stopped, (await ServiceAsync("h1")).Phase);
        Assert.False(await fake.SucceedsAsync("h1", "curl -s -m1 --unix-socket /run/overlay/agent.sock http://agent/ready"));

        await fake.Lab.StartAsync("h1");
        await fake.Lab.WaitReadyAsync(Deadline, "h1");
        var after = await AskAsync("h1");
        Assert.Equal(before.GetProperty("inode").GetInt64(), after.GetProperty("inode").GetInt64());
        Assert.Equal(["echo"], after.GetProperty("held").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal(1, (await ServiceAsync("h1")).Held);
    }

    [Fact]
    public async Task Crash_OfAHost_IsStartedAgainWithItsSocketAndNoQueryIsLost()
    {
        var before = await ServiceAsync("h2");
        // Sent while nobody reads, answered by whoever takes the socket over. (A query that the dying process has
        // already read would be lost with it: it is stopped first.)
        await Kernel.Command.RequireAsync(["bash", "-c", $"kill -STOP {before.Pid}"], null, default);
        var asking = fake.Lab.ExecAsync("h1", ["python3", "-c", TenQueries, fake.Lab.Member("h2").Address]);
        await Kernel.Command.RequireAsync(["bash", "-c", $"kill -9 {before.Pid}"], null, default);

        await WaitAsync(async () => await ServiceAsync("h2") is { Phase: ServicePhase.Ready } now && now.Pid != before.Pid);
        var answered = await asking;
        Assert.True(answered.Succeeded, answered.Error);
        Assert.True((await ServiceAsync("h2")).Restarts > before.Restarts);
    }

    [Fact]
    public async Task Kill_OfWhatIsNoMember_IsRefusedByName()
    {
        var refused = await Assert.ThrowsAsync<Core.RefusalException>(() => fake.Lab.KillAsync("h9"));
        Assert.Contains("h1, h2", refused.Message, StringComparison.Ordinal);
    }

    private async Task<JsonElement> AskAsync(string host) =>
        JsonDocument.Parse(await fake.RunAsync(host, "curl -sS -m5 --unix-socket /run/overlay/agent.sock http://agent/ready")).RootElement;

    private async Task<ServiceStatus> ServiceAsync(string name) =>
        (await fake.Lab.StatusAsync()).Services.Single(s => s.Name == name);

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
        }
    }
}
