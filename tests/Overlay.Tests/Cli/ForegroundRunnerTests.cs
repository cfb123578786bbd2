using Overlay.Cli.App;
using Overlay.Cli.Foreground;
using Overlay.Core;
using Xunit;

namespace Overlay.Tests.Cli;

/// <summary>The real runner, with real children.</summary>
public sealed class ForegroundRunnerTests : IDisposable
{
    private const string Exec = "exec \"$@\" </dev/null";
    private readonly TerminationSignals _signals = new();

    public void Dispose() => _signals.Dispose();

    [Theory]
    [InlineData(7, "sh", "-c", "exit 7")]
    [InlineData(143, "sh", "-c", "kill -TERM $$")]
    [InlineData(127, "sh", "-c", Exec, "overlay", "no-such-program")]
    [InlineData(126, "sh", "-c", Exec, "overlay", "/dev/null")]
    public async Task Run_Child_StatusIsItsOwn(int status, params string[] words) =>
        Assert.Equal(status, await new ForegroundRunner(_signals).RunAsync(words));

    [Fact]
    public async Task Run_NoSuchProgram_IsARefusalThatNamesIt()
    {
        var refused = await Assert.ThrowsAsync<RefusalException>(() => new ForegroundRunner(_signals).RunAsync(["no-such-program"]));
        Assert.Contains("no-such-program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SignalToUs_ReachesTheChildAndIsNotOurEnd()
    {
        var ready = Path.GetTempFileName();
        File.Delete(ready);
        var running = new ForegroundRunner(_signals).RunAsync(["sh", "-c", "trap 'exit 9' USR1; : >\"$0\"; while :; do sleep 0.02; done", ready]);
        while (!File.Exists(ready))
            await Task.Yield();
        using (var kill = System.Diagnostics.Process.Start("kill", ["-USR1", Environment.ProcessId.ToString()]))
            await kill.WaitForExitAsync();

        Assert.Equal(9, await running);
        Assert.False(_signals.Cancellation.IsCancellationRequested);
        File.Delete(ready);
    }
}
