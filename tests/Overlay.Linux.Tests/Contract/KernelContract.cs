using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Linux.Tests.Contract;

/// <summary>What every kernel does, the real one and the fake one: what holds for both can be relied on in tests of
/// the rooms above. Each test has a host namespace and a second one of its own.</summary>
public abstract partial class KernelContract : IDisposable
{
    private const string V6Subnet = "fd40::/64";

    private readonly IKernel _kernel;
    private readonly string _hostName = RandomName(), _otherName = RandomName();
    private readonly INetNamespace _host, _other;

    protected KernelContract(IKernel kernel)
    {
        _kernel = kernel;
        try
        {
            _host = kernel.Create(_hostName);
            _other = kernel.Create(_otherName);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _host?.Dispose();
        _other?.Dispose();
        foreach (var name in _kernel.Names().Where(name => name == _hostName || name == _otherName))
            _kernel.Delete(name);
        _kernel.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static string RandomName() => "ovt-" + Guid.NewGuid().ToString("N")[..10];

    private static Address Ip(string text) => Address.Parse(text);

    private static MacAddress Mac(string text) => MacAddress.Parse(text);

    private static int Index(INetNamespace space, string name) => space.FindLink(name)!.Index;

    private static KernelException Refused(INetNamespace space, params KernelChange[] changes) =>
        Assert.Throws<KernelException>(() => space.Apply(changes));

    /// <summary>A bridge with an address, and a port of it whose peer is eth0 in the other namespace; all up.</summary>
    private void MakeSegment()
    {
        _host.Apply([
            new AddBridge("br") { Up = true, Mtu = 1450 },
            new AddAddress("br", Ip("10.40.0.1"), 24),
            new AddVeth("port", "eth0", _other) { Master = "br", Up = true, Mtu = 1450, PeerMtu = 1450, PeerMac = Mac("02:40:00:00:01:11") },
        ]);
        _other.Apply([new SetLink("eth0") { Up = true }, new AddAddress("eth0", Ip("10.40.0.11"), 24)]);
    }
}
