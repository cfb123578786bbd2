using Overlay.Agent.Sandboxes;
using Overlay.Contracts.Records;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Agent;

public sealed class RestartPolicyTests
{
    [Theory]
    [InlineData("no", 1, 0, false)]
    [InlineData("always", 0, 100, true)]
    [InlineData("unless-stopped", 0, 100, true)]
    [InlineData("on-failure", 0, 0, false)]
    [InlineData("on-failure", 1, 100, true)]
    [InlineData("on-failure", null, 0, true)]
    [InlineData("on-failure:2", 1, 1, true)]
    [InlineData("on-failure:2", 1, 2, false)]
    public void Command_ThatEnded_IsRunAgainByPolicy(string policy, int? exitCode, int restarts, bool again)
    {
        var sandbox = new SandboxRecord { Id = new ObjectId(1), Name = "s", Host = "h", Hostname = "s", Restart = policy };

        Assert.Equal(again, RestartPolicy.Restarts(sandbox, exitCode, restarts));
    }

    [Fact]
    public void Pause_DoublesUpToAMinute()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(100), RestartPolicy.Pause(0));
        Assert.Equal(TimeSpan.FromMilliseconds(800), RestartPolicy.Pause(3));
        Assert.Equal(TimeSpan.FromMinutes(1), RestartPolicy.Pause(1000));
    }
}
