using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Testing.Kernels;
using Xunit;

namespace Overlay.Tests.Linux;

/// <summary>What only the fake can do: fail on demand, and tell what was written.</summary>
public sealed class FakeKernelFaultTests
{
    private readonly FakeKernel _kernel = new();

    [Fact]
    public void FailNext_Change_FailsOnceAndOnlyThatKind()
    {
        _kernel.FailNext<AddBridge>(Errno.EPERM);
        var refusal = Assert.Throws<KernelException>(() => _kernel.Host.Apply([
            new AddBridge("one"), new AddBridge("two"), new SetLink("one") { Up = true }]));
        Assert.Equal(Errno.EPERM, refusal.Errno);
        Assert.Equal(Errno.ENODEV, Assert.Single(refusal.Further).Errno);
        Assert.Equal(["adding bridge two in the host"], _kernel.Log);
    }

    [Fact]
    public void FailNext_EveryOperation_FailsOnce()
    {
        _kernel.Host.Apply([new AddBridge("br") { Up = true }]);
        var calls = new Dictionary<FakeOperation, Action>
        {
            [FakeOperation.CreateNamespace] = () => _kernel.Create("a").Dispose(),
            [FakeOperation.AttachNamespace] = () => _kernel.Attach("b", _kernel.Host),
            [FakeOperation.FindLink] = () => _kernel.Host.FindLink("br"),
            [FakeOperation.ListNft] = () => _kernel.Host.Nftables.List("inet t"),
            [FakeOperation.ReadSysctl] = () => _kernel.Host.ReadSysctl("net.ipv4.ip_forward"),
            [FakeOperation.Monitor] = () => _kernel.Host.Monitor(KernelEvents.All, _ => { }).Dispose(),
            [FakeOperation.OpenNamespace] = () => _kernel.Open("a").Dispose(),
            [FakeOperation.Dump] = () => _kernel.Host.DumpLinks(),
            [FakeOperation.RunNft] = () => _kernel.Host.Nftables.Run("add table inet t"),
            [FakeOperation.WriteSysctl] = () => _kernel.Host.WriteSysctl("net.ipv4.ip_forward", "1"),
            [FakeOperation.OpenSocket] = () => _kernel.Host.BindUdp(new(System.Net.IPAddress.Loopback, 53)).Dispose(),
            [FakeOperation.Announce] = () => _kernel.Host.Announce(["br"], (Address.Parse("10.0.0.1"), new MacAddress(2))),
            [FakeOperation.FindHolder] = () => _kernel.Host.FindHolder("br", Address.Parse("10.0.0.1"), CancellationToken.None).GetAwaiter().GetResult(),
            [FakeOperation.DeleteConnections] = () => _kernel.Host.DeleteConnections(new ConnectionFilter()),
            [FakeOperation.DeleteNamespace] = () => _kernel.Delete("a"),
        };
        Assert.Equal(Enum.GetValues<FakeOperation>().Order(), calls.Keys.Order());
        foreach (var (operation, call) in calls)
        {
            _kernel.FailNext(operation, Errno.EBUSY);
            Assert.Equal(Errno.EBUSY, Assert.Throws<KernelException>(call).Errno);
            call();
        }
    }

    [Fact]
    public void Writes_CountsOnlyWhatSucceeded()
    {
        _kernel.Host.Apply([new AddBridge("br")]);
        Assert.Throws<KernelException>(() => _kernel.Host.Apply([new AddBridge("br")]));
        _kernel.Host.DumpLinks();
        Assert.Equal(1, _kernel.Writes);
    }

    [Fact]
    public void AddLink_FullBridge_SaysHowManyPortsItTakes()
    {
        using var space = _kernel.Create("a");
        _kernel.Host.Apply([new AddBridge("br")]);
        _kernel.Host.Apply([.. Enumerable.Range(0, 1023).Select(i => new AddVeth($"p{i}", $"e{i}", space) { Master = "br" })]);
        var refusal = Assert.Throws<KernelException>(() => _kernel.Host.Apply([new AddVeth("p", "e", space) { Master = "br" }]));
        Assert.Contains("1,023 ports", refusal.Message, StringComparison.Ordinal);
    }
}
