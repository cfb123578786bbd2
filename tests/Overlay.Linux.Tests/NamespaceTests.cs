using System.Net;
using System.Text;
using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests;

public sealed class NamespaceTests : IDisposable
{
    private readonly TrialNamespaces _trial = new();

    [Fact]
    public void Probe_OnThisKernel_MissesNothing() => Assert.Empty(_trial.Kernel.Probe().Missing);

    [Fact]
    public void Create_OutlivesItsKernelObject()
    {
        var name = "ovt-" + Guid.NewGuid().ToString("N")[..10];
        NamespaceId id;
        using (var first = new Kernel())
        using (var space = first.Create(name))
        {
            id = space.Id;
            space.Apply([new AddBridge("br")]);
        }
        try
        {
            using var again = _trial.Kernel.Open(name);
            Assert.Equal(id, again.Id);
            Assert.NotNull(again.FindLink("br"));
        }
        finally
        {
            _trial.Kernel.Delete(name);
        }
    }

    [Fact]
    public void Create_InADirectoryOfItsOwn_MakesItASharedMount()
    {
        var directory = Path.Combine(Path.GetTempPath(), "ovt-" + Guid.NewGuid().ToString("N")[..10]);
        try
        {
            using var kernel = new Kernel(new KernelOptions { NamespaceDirectory = directory });
            Assert.Empty(kernel.Names());
            kernel.Create("one").Dispose();
            kernel.Create("two").Dispose();
            var mount = Assert.Single(File.ReadLines("/proc/self/mountinfo"), line => line.Split(' ')[4] == directory);
            Assert.Contains(" shared:", mount, StringComparison.Ordinal);
            Assert.Equal(["one", "two"], kernel.Names());
            kernel.Delete("one");
            kernel.Delete("two");
            Assert.Empty(Directory.EnumerateFiles(directory));
        }
        finally
        {
            NamespaceFiles.Retire(directory);
        }
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public void Open_FileThatIsNoNamespace_IsRefused()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var space = _trial.Kernel.OpenPath(path);
            Assert.Throws<KernelException>(space.DumpLinks);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void OpenPid_OwnProcess_IsTheHost()
    {
        using var own = _trial.Kernel.OpenPid(Environment.ProcessId);
        Assert.Equal(_trial.Kernel.Host.Id, own.Id);
    }

    [Fact]
    public async Task Sockets_StayInTheirNamespace_AndWorkFromAnyThread()
    {
        var local = new IPEndPoint(IPAddress.Parse("127.0.0.11"), 53);
        using var server = _trial["a"].BindUdp(local);
        using var client = _trial["a"].BindUdp(new IPEndPoint(IPAddress.Loopback, 0));
        using var elsewhere = _trial["b"].BindUdp(local);
        await client.SendToAsync(Encoding.ASCII.GetBytes("hello"), local);
        var buffer = new byte[16];
        var received = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
        Assert.Equal("hello", Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes));
        Assert.Equal(0, elsewhere.Available);

        using var listener = _trial["a"].ListenTcp(new IPEndPoint(IPAddress.Parse("127.0.0.11"), 5353));
        using var caller = new System.Net.Sockets.Socket(_trial["a"].OpenSocket(2, 1, 0));
        await caller.ConnectAsync(listener.LocalEndPoint!);
        using var accepted = await listener.AcceptAsync();
        Assert.Equal(caller.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Fact]
    public void BindUdp_TakenPort_SaysWhatAndWhere()
    {
        using var first = _trial["a"].BindUdp(new IPEndPoint(IPAddress.Loopback, 53));
        var refusal = Assert.Throws<KernelException>(() => _trial["a"].BindUdp(new IPEndPoint(IPAddress.Loopback, 53)));
        Assert.Equal(98, refusal.Errno);
        Assert.StartsWith($"opening UDP 127.0.0.1:53 in {_trial["a"].Name}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyThreadsInManyNamespaces_EachWriteLandsWhereItBelongs()
    {
        string[] aliases = ["a", "b", "c", "d"];
        foreach (var alias in aliases)
            _ = _trial[alias];
        Parallel.For(0, 80, i =>
        {
            var alias = aliases[i % aliases.Length];
            _trial[alias].Nftables.Run($"add table inet t{i}");
            _trial[alias].WriteSysctl("net/ipv4/ip_forward", (i % 2).ToString(System.Globalization.CultureInfo.InvariantCulture));
            _trial[alias].Apply([new AddBridge($"b{i}")]);
        });
        for (var i = 0; i < 80; i++)
        {
            foreach (var alias in aliases)
            {
                var here = alias == aliases[i % aliases.Length];
                Assert.Equal(here, _trial[alias].FindLink($"b{i}") is not null);
                Assert.Equal(here, _trial[alias].Nftables.List($"inet t{i}") is not null);
            }
        }
        using var own = _trial.Kernel.OpenPath("/proc/thread-self/ns/net");
        Assert.Equal(_trial.Kernel.Host.Id, own.Id);
    }

    [Fact]
    public void CreateUseDelete_LeavesNoDescriptor()
    {
        Cycle();
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var i = 0; i < 30; i++)
            Cycle();
        // Other tests run beside this one: far fewer than one descriptor per cycle may be new.
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 25);

        void Cycle()
        {
            using var trial = new TrialNamespaces();
            trial["a"].Apply([new AddVeth("v", "eth0", trial["b"])]);
            trial["b"].Nftables.Run("add table inet t");
            trial["b"].Monitor(KernelEvents.All, _ => { }).Dispose();
            trial["b"].BindUdp(new IPEndPoint(IPAddress.Loopback, 53)).Dispose();
            trial["b"].DeleteConnections(new ConnectionFilter { OriginalDestination = Address.Parse("10.0.0.1") });
        }
    }

    public void Dispose() => _trial.Dispose();
}
