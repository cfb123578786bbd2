using Overlay.Contracts.Client;
using Overlay.Contracts.Grains;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Cli;

public sealed class ForegroundTests : IDisposable
{
    private readonly CliRun _cli = new();

    public ForegroundTests() => _cli.LabHosts["h1"] = new ContextHost(["nsenter", "--net=/lab/h1", "--"]);

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Exec_InALab_EntersTheHostThenTheSandboxAndPassesTheStatusOn()
    {
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web"));
        _cli.ForegroundStatus = () => 42;

        Assert.Equal(42, await _cli.Do("exec web -- ping -c 1 db"));
        Assert.Equal(
            ["nsenter", "--net=/lab/h1", "--", "ip", "netns", "exec", "web", "unshare", "--uts", "sh", "-c"],
            _cli.Ran!.Take(11));
        Assert.EndsWith("exec \"$@\" </dev/null", _cli.Ran![11], StringComparison.Ordinal);
        Assert.Equal(["overlay", "web", "ping", "-c", "1", "db"], _cli.Ran!.Skip(12));
    }

    [Fact]
    public async Task Exec_Interactive_KeepsStandardInput()
    {
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web"));
        await _cli.Do("exec -i web -- cat");
        Assert.DoesNotContain("/dev/null", string.Join(' ', _cli.Ran!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_OnThisMachine_EntersTheSandboxDirectly()
    {
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web", "h7"));
        _cli.Cluster.Hosts.Add(Samples.Host("h7", "this-machine"));
        Assert.Equal(0, await _cli.Do("exec web -- true"));
        Assert.Equal("ip", _cli.Ran![0]);
    }

    [Fact]
    public async Task Exec_OnAnotherMachine_Is125AndSaysWhatWouldWork()
    {
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web", "h7"));
        _cli.Cluster.Hosts.Add(Samples.Host("h7", "another-machine"));
        Assert.Equal(125, await _cli.Do("exec web -- true"));
        Assert.Contains("use the same command on h7, or 'overlay run -d'", _cli.Error, StringComparison.Ordinal);
        Assert.Null(_cli.Ran);
    }

    [Fact]
    public async Task Exec_WithoutRoot_Is125()
    {
        _cli.MayEnter = false;
        _cli.Cluster.Sandboxes.Add(Samples.Sandbox("web"));
        Assert.Equal(125, await _cli.Do("exec web -- true"));
        Assert.Contains("needs root", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_StoppedSandbox_SaysHowToStartIt()
    {
        var details = Samples.Sandbox("web");
        _cli.Cluster.Sandboxes.Add(details with { Sandbox = details.Sandbox with { Started = false } });
        Assert.Equal(125, await _cli.Do("exec web -- true"));
        Assert.Contains("overlay sandbox start web", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Foreground_CreatesWithoutCommandRunsAndStops()
    {
        _cli.ForegroundStatus = () => 3;
        Assert.Equal(3, await _cli.Do("run --name web --host h1 --wait none -- sh -c exit"));
        var request = _cli.Cluster.Last<CreateSandbox>();
        Assert.Empty(request.Command);
        Assert.Equal(WaitMode.Local, request.Wait);
        Assert.Equal("stop web", _cli.Cluster.Last<string>());
        Assert.Equal("", _cli.Out);
    }

    [Fact]
    public async Task Run_ForegroundWithRm_Removes()
    {
        Assert.Equal(0, await _cli.Do("run --rm --name web -- true"));
        Assert.False(_cli.Cluster.Last<CreateSandbox>().RemoveOnExit);
        Assert.Equal("rm web force=True", _cli.Cluster.Last<string>());
    }

    [Fact]
    public async Task Run_InterruptedWhileTheSandboxIsBeingMade_RemovesItAndRunsNothing()
    {
        _cli.Cluster.Creating = _cli.Interrupt;
        Assert.Equal(130, await _cli.Do("run --name web -- true"));
        Assert.Equal("rm web force=True", _cli.Cluster.Last<string>());
        Assert.Null(_cli.Ran);
        Assert.Contains("waiting for the sandbox, to remove it", _cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CommandThatCannotBeStarted_Is125AndLeavesNothing()
    {
        _cli.ForegroundStatus = () => throw new RefusalException(ErrorCodes.ApplyFailed, "cannot start nsenter");
        Assert.Equal(125, await _cli.Do("run --name web -- true"));
        Assert.Equal("rm web force=True", _cli.Cluster.Last<string>());
        Assert.Equal("overlay: cannot start nsenter\n", _cli.Error);
    }

    [Fact]
    public async Task Run_PlaceThatCannotBeEntered_MakesNothing()
    {
        _cli.Cluster.Hosts.Add(Samples.Host("h7", "another-machine"));
        Assert.Equal(125, await _cli.Do("run --host h7 -- true"));
        Assert.Empty(_cli.Cluster.Asked);
    }

    [Fact]
    public async Task Run_OnARealHost_ChoosesThisMachine()
    {
        _cli.LabHosts.Clear();
        _cli.Cluster.Hosts.Add(Samples.Host("h7", "another-machine"));
        _cli.Cluster.Hosts.Add(Samples.Host("h8", "this-machine"));
        Assert.Equal(0, await _cli.Do("run --rm -- true"));
        Assert.Equal("h8", _cli.Cluster.Last<CreateSandbox>().Host);
    }

    [Fact]
    public async Task Run_HostNetwork_RunsOnTheHostItself()
    {
        Assert.Equal(0, await _cli.Do("run --rm --network host --host h1 -- true"));
        Assert.DoesNotContain("netns", _cli.Ran!);
        Assert.Equal(["sh", "-c"], _cli.Ran!.Skip(3).Take(2));
    }

    [Fact]
    public async Task Run_BackgroundRefused_IsStatusOne()
    {
        _cli.Cluster.Refusal = new RefusalException(ErrorCodes.PortTaken, "port 80 is published by 'web'");
        Assert.Equal(1, await _cli.Do("run -d -p 80:80 -- true"));
    }
}
