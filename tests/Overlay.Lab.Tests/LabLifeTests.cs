using Overlay.Contracts.Client;
using Overlay.Lab.Kernel;
using Xunit;

namespace Overlay.Lab.Tests;

/// <summary>Coming and going: alone, side by side, after a crash, half made.</summary>
public sealed class LabLifeTests : IAsyncLifetime
{
    private readonly FakeLab _one = new();
    private readonly FakeLab _two = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task Down_WithSandboxesInTheLab_LeavesNothing()
    {
        var sysctl = await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward");
        await _one.InitializeAsync();
        await _one.RunAsync("h1", "ip netns add box && (setsid ip netns exec box env -i sleep 1000 >/dev/null 2>&1 &)");
        var lab = _one.Lab.State;
        var contexts = new ContextStore(_one.Options.ContextDirectory!);
        Assert.Equal(lab.Name, contexts.Current);

        await _one.Lab.DownAsync();

        Assert.False(Directory.Exists(_one.Lab.Paths.Lab));
        Assert.False(Directory.Exists(contexts.Directory));
        Assert.All(lab.Members, m => Assert.False(m.Holder!.IsAlive));
        Assert.False(lab.Supervisor!.IsAlive);
        Assert.Empty(await ProcessesAsync(lab));
        Assert.DoesNotContain(lab.ManagementLink, await Command.RequireAsync(["ip", "-o", "link"], null, default), StringComparison.Ordinal);
        Assert.DoesNotContain($"10.231.{lab.Segment}.", await Command.RequireAsync(["ip", "route"], null, default), StringComparison.Ordinal);
        Assert.DoesNotContain(lab.Name, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.DoesNotContain(lab.Id[..11], await Command.RequireAsync(["nft", "list", "tables"], null, default), StringComparison.Ordinal);
        Assert.Equal(sysctl, await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward"));
    }

    [Fact]
    public async Task TwoLabs_SideBySide_DoNotTouchEachOther()
    {
        await Task.WhenAll(_one.InitializeAsync(), _two.InitializeAsync());
        Assert.NotEqual(_one.Lab.State.Segment, _two.Lab.State.Segment);
        Assert.False(await _one.SucceedsAsync("h1", $"ping -c1 -W1 {_two.Lab.Member("h1").Address}"));

        await _one.Lab.DownAsync();

        Assert.True((await _two.Lab.StatusAsync()).AllReady);
        await _two.RunAsync("h1", $"ping -c1 -W2 {_two.Lab.Member("h2").Address}");
    }

    [Fact]
    public async Task Up_AfterACrash_ClearsAwayAndStartsAnew()
    {
        await _one.InitializeAsync();
        var before = _one.Lab.State;
        await Command.RequireAsync(["bash", "-c", $"kill -9 {before.Supervisor!.Pid} {before.Find("h2")!.Holder!.Pid}"], null, default);
        // kill returns before its victims are gone.
        Assert.True(SpinWait.SpinUntil(() => !Lab.IsUp(before.Name), TimeSpan.FromSeconds(10)));

        await _one.InitializeAsync();

        Assert.NotEqual(before.Id, _one.Lab.State.Id);
        Assert.Empty(await ProcessesAsync(before));
        Assert.DoesNotContain(before.ManagementLink, await Command.RequireAsync(["ip", "-o", "link"], null, default), StringComparison.Ordinal);
        Assert.True((await _one.Lab.StatusAsync()).AllReady);
    }

    [Fact]
    public async Task Up_TwiceAtOnce_IsOneLab()
    {
        var both = await Task.WhenAll(Lab.UpAsync(_one.Options), Lab.UpAsync(_one.Options));
        Assert.Equal(both[0].State.Id, both[1].State.Id);
        Assert.True((await both[0].StatusAsync()).AllReady);
    }

    [Fact]
    public async Task Up_WithAnOverlaydThatEnds_SaysWhichHostAndHowToUndo()
    {
        var options = _one.Options with { Overlayd = "/usr/bin/false", ReadyDeadline = TimeSpan.FromSeconds(1) };

        var refused = await Assert.ThrowsAsync<Core.RefusalException>(() => Lab.UpAsync(options));

        Assert.Equal(Core.ErrorCodes.Deadline, refused.Code);
        Assert.Matches("^h[12] of lab", refused.Message);
        Assert.Contains($"overlay lab down --name {options.Name}", refused.Message, StringComparison.Ordinal);
        Assert.True(Lab.IsUp(options.Name));
    }

    [Fact]
    public async Task Up_WithAHostThatCannotBeMade_LeavesNothing()
    {
        var options = _one.Options with { Overlay = "/usr/bin/false" };

        await Assert.ThrowsAsync<Core.RefusalException>(() => Lab.UpAsync(options));

        Assert.DoesNotContain(options.Name, Lab.Names());
    }

    [Fact]
    public async Task Uplink_OfALab_IsOpenedAndClosed()
    {
        var before = await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward");
        var lab = await Lab.UpAsync(_one.Options with { Uplink = true });
        var machine = await Command.RequireAsync(["bash", "-c", "ip -o -4 addr show scope global | awk '$2 !~ /^olm/ {split($4,a,\"/\"); print a[1]; exit}'"], null, default);

        var ping = await lab.ExecAsync("h1", ["ping", "-c1", "-W2", machine.Trim()]);
        Assert.True(ping.Succeeded, ping.Output);

        await lab.DownAsync();
        Assert.Equal(before, await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_forward"));
        Assert.DoesNotContain("overlay_lab_", await Command.RequireAsync(["nft", "list", "tables"], null, default), StringComparison.Ordinal);
    }

    private static async Task<string[]> ProcessesAsync(LabState lab) =>
        (await Command.RunAsync(["bash", "-c", $"grep -l '{LabState.Variable}={lab.Id}' /proc/[0-9]*/environ 2>/dev/null"], null, default))
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
