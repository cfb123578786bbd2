using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Node.Supervision;
using Xunit;

namespace Overlay.Tests.Node;

public sealed class SupervisorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ReceivingSupervisor _other;
    private readonly Supervisor _supervisor;

    public SupervisorTests()
    {
        var path = _directory.File("notify");
        _other = new ReceivingSupervisor(path);
        _supervisor = new Supervisor(NullLogger<Supervisor>.Instance, NotifySocket.Open(path, TextWriter.Null), []);
    }

    public void Dispose()
    {
        _supervisor.Dispose();
        _other.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Ready_IsTold()
    {
        _supervisor.Ready();

        Assert.Equal(("READY=1", null), _other.Receive());
    }

    [Fact]
    public void Put_SocketComesBackInTheNextLife_WithNameAndFlags()
    {
        using var mine = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        mine.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = mine.LocalEndPoint;

        _supervisor.Put("dns/udp", mine.SafeHandle);
        mine.Dispose();
        var (message, descriptor) = _other.Receive();
        Assert.Equal("FDSTORE=1\nFDNAME=dns/udp\nFDPOLL=0", message);
        ReceivingSupervisor.MakeBlockingAndInherited(descriptor!.Value);

        var inherited = InheritedSockets.Take(descriptor.Value, 1, ["dns/udp"]);
        using var nextLife = new Supervisor(NullLogger<Supervisor>.Instance, null, inherited);
        var (name, handle) = Assert.Single(nextLife.TakeOver());
        using var again = new Socket(handle);

        Assert.Equal("dns/udp", name);
        Assert.Equal(address, again.LocalEndPoint);
        Assert.True(ReceivingSupervisor.IsNonBlockingAndClosedOnExec(descriptor.Value));
        Assert.Empty(nextLife.TakeOver());
    }

    [Fact]
    public void Remove_NamesWhatToForget()
    {
        _supervisor.Remove("dns/udp");

        Assert.Equal(("FDSTOREREMOVE=1\nFDNAME=dns/udp", null), _other.Receive());
    }

    [Fact]
    public void Put_WithoutSupervisor_DoesNothing()
    {
        using var alone = new Supervisor(NullLogger<Supervisor>.Instance, NotifySocket.Open(null, TextWriter.Null), []);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        alone.Put("x", socket.SafeHandle);
        alone.Remove("x");
        alone.Ready();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("a\nb")]
    public void Put_NameThatTheProtocolCannotCarry_IsRefused(string name)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        Assert.Throws<ArgumentException>(() => _supervisor.Put(name, socket.SafeHandle));
    }

    [Fact]
    public void Take_DescriptorThatIsNoSocket_IsClosed()
    {
        var file = File.OpenHandle(_directory.Write("file", "x"));
        var descriptor = ReceivingSupervisor.Duplicate(file);

        Assert.Empty(InheritedSockets.Take(descriptor, 1, ["file"]));

        file.Dispose();
    }
}
