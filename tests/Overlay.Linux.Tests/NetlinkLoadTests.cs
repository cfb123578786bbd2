using Overlay.Core.Addressing;
using Overlay.Linux.Tests.Contract;
using Xunit;

namespace Overlay.Linux.Tests;

public sealed class NetlinkLoadTests : IDisposable
{
    private static readonly Address Tunnel = Address.Parse("192.0.2.1"), Far = Address.Parse("192.0.2.2");

    private readonly TrialNamespaces _trial = new();

    [Fact]
    public void Dump_WhileLinksComeAndGo_IsNeverTorn()
    {
        var space = _trial["a"];
        space.Apply([.. Enumerable.Range(0, 60).Select(i => new AddBridge($"keep{i}"))]);
        using var stop = new CancellationTokenSource();
        var churn = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                space.Apply([new AddVeth("come", "go", _trial["b"])]);
                space.Apply([new DeleteLink("come")]);
            }
        });
        _ = _trial["b"];
        using var reader = _trial.Kernel.Open(space.Name);
        churn.Start();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var names = reader.DumpLinks().Select(link => link.Name).ToList();
                Assert.Equal(names.Count, names.Distinct().Count());
                Assert.Equal(60, names.Count(name => name.StartsWith("keep", StringComparison.Ordinal)));
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }
    }

    [Fact]
    public async Task Monitor_ThatFellBehind_ReportsAnOverrun()
    {
        var space = _trial["a"];
        space.Apply([new AddVxlan("vx", 7, Tunnel, 4789)]);
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var overrun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var monitor = space.Monitor(KernelEvents.Fdb, kinds =>
        {
            entered.Set();
            release.Wait();
            if (kinds.HasFlag(KernelEvents.Overrun))
                overrun.TrySetResult();
        });
        space.Apply(Entries(0, 1));
        entered.Wait();
        space.Apply(Entries(1, 30_000));
        release.Set();
        space.Apply(Entries(0, 1));
        await overrun.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Monitor_Disposed_IsSilent()
    {
        var space = _trial["a"];
        var late = 0;
        var first = space.Monitor(KernelEvents.Links, _ => Interlocked.Increment(ref late));
        first.Dispose();
        var before = Volatile.Read(ref late);
        using var second = new EventTrap(space, KernelEvents.Links);
        space.Apply([new AddBridge("br")]);
        second.Wait(KernelEvents.Links);
        Assert.Equal(before, Volatile.Read(ref late));
    }

    [Fact]
    public void AddVeth_1024thPortOfABridge_SaysWhatABridgeTakes()
    {
        var space = _trial["a"];
        var other = _trial["b"];
        space.Apply([new AddBridge("br")]);
        space.Apply([.. Enumerable.Range(0, 1023).Select(i => new AddVeth($"p{i}", $"e{i}", other) { Master = "br", Group = 9 })]);
        var refusal = Assert.Throws<KernelException>(() => space.Apply([new AddVeth("p", "e", other) { Master = "br" }]));
        Assert.Contains("1,023 ports", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1023, space.DumpLinks().Count(link => link.Master != 0));
        space.Apply([new DeleteLinkGroup(9)]);
        Assert.Equal(["br", "lo"], space.DumpLinks().Select(link => link.Name).Order());
    }

    [Fact]
    public void Apply_BatchWithFailuresInTheMiddle_NamesEachAndDoesTheRest()
    {
        var space = _trial["a"];
        space.Apply([new AddVxlan("vx", 7, Tunnel, 4789)]);
        KernelChange[] changes = [.. Entries(0, 400), new RemoveVxlanFdb("vx", new(0x02_99_00_00_00_01)), .. Entries(400, 400), new RemoveVxlanFdb("vx", new(0x02_99_00_00_00_02)), .. Entries(800, 400)];
        var refusal = Assert.Throws<KernelException>(() => space.Apply(changes));
        Assert.Contains("02:99:00:00:00:01", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("02:99:00:00:00:02", Assert.Single(refusal.Further).Message, StringComparison.Ordinal);
        Assert.Equal(1200, space.DumpFdb().Count);
    }

    public void Dispose() => _trial.Dispose();

    private static IReadOnlyList<KernelChange> Entries(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => new SetVxlanFdb("vx", new(0x02_40_00_00_00_00UL + (ulong)i), Far))];
}
