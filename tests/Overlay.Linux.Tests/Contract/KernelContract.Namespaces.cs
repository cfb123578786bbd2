using Xunit;

namespace Overlay.Linux.Tests.Contract;

public abstract partial class KernelContract
{
    private const int ENOENT = 2, ESRCH = 3, EBUSY = 16, EEXIST = 17, ENODEV = 19, EINVAL = 22, EOPNOTSUPP = 95, EADDRNOTAVAIL = 99,
        ENETDOWN = 100, ENETUNREACH = 101;

    [Fact]
    public void Create_HasNameAndLoopbackUp()
    {
        Assert.Contains(_hostName, _kernel.Names());
        var loopback = Assert.Single(_host.DumpLinks());
        Assert.Equal(("lo", 1, true, true), (loopback.Name, loopback.Index, loopback.IsLoopback, loopback.IsUp));
    }

    [Fact]
    public void Create_TakenName_IsRefusedAndChangesNothing()
    {
        var refusal = Assert.Throws<KernelException>(() => _kernel.Create(_hostName));
        Assert.Equal(EEXIST, refusal.Errno);
        Assert.True(refusal.IsAlreadyThere);
        using var again = _kernel.Open(_hostName);
        Assert.Equal(_host.Id, again.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    public void Create_NameThatIsAPath_IsRefused(string name) =>
        Assert.Equal(EINVAL, Assert.Throws<KernelException>(() => _kernel.Create(name)).Errno);

    [Fact]
    public void Open_ByName_IsTheSameNamespace()
    {
        _host.Apply([new AddBridge("br")]);
        using var again = _kernel.Open(_hostName);
        Assert.Equal(_host.Id, again.Id);
        Assert.NotEqual(_other.Id, again.Id);
        Assert.NotNull(again.FindLink("br"));
    }

    [Fact]
    public void Open_UnknownName_SaysSo()
    {
        var refusal = Assert.Throws<KernelException>(() => _kernel.Open(RandomName()));
        Assert.Equal(ENOENT, refusal.Errno);
        Assert.True(refusal.IsGone);
    }

    [Fact]
    public void Delete_TakesTheNameAway_AndASecondDeleteSaysSo()
    {
        _kernel.Delete(_otherName);
        Assert.DoesNotContain(_otherName, _kernel.Names());
        Assert.Equal(ENOENT, Assert.Throws<KernelException>(() => _kernel.Delete(_otherName)).Errno);
    }

    [Fact]
    public void Delete_WhileHeld_KeepsTheNamespaceUntilTheHandleGoes()
    {
        MakeSegment();
        using (var gone = new LinkGone(_host))
        {
            _kernel.Delete(_otherName);
            Assert.NotNull(_host.FindLink("port"));
            Assert.NotNull(_other.FindLink("eth0"));
            _other.Dispose();
            gone.Wait("port");
        }
        Assert.NotNull(_host.FindLink("br"));
    }

    [Fact]
    public void Attach_GivesALostNameBack_ToTheSameNamespace()
    {
        var before = _other.Id;
        _kernel.Delete(_otherName);
        _kernel.Attach(_otherName, _other);
        Assert.Equal(EEXIST, Assert.Throws<KernelException>(() => _kernel.Attach(_otherName, _host)).Errno);
        using var again = _kernel.Open(_otherName);
        Assert.Equal(before, again.Id);
    }

    [Fact]
    public void Names_GivenAndTakenAway_AreTold()
    {
        using var told = new SemaphoreSlim(0);
        using (_kernel.MonitorNames(() => told.Release()))
        {
            _kernel.Delete(_otherName);
            Assert.True(told.Wait(TimeSpan.FromSeconds(20)));
            _kernel.Attach(_otherName, _other);
            Assert.True(told.Wait(TimeSpan.FromSeconds(20)));
        }
    }

    [Fact]
    public void Sysctls_AreTheNamespaces()
    {
        Assert.Equal("0", _host.ReadSysctl("net.ipv4.ip_forward"));
        _host.WriteSysctl("net/ipv4/ip_forward", "1");
        Assert.Equal("1", _host.ReadSysctl("net/ipv4/ip_forward"));
        Assert.Equal("0", _other.ReadSysctl("net/ipv4/ip_forward"));
        Assert.Equal("1\t0", _other.ReadSysctl("net/ipv4/ping_group_range"));
    }

    [Fact]
    public void Sysctls_OfLinks_ComeAndGoWithThem()
    {
        const string name = "net/ipv4/conf/br.7/forwarding";
        Assert.Null(_host.ReadSysctl(name));
        Assert.Equal(ENOENT, Assert.Throws<KernelException>(() => _host.WriteSysctl(name, "1")).Errno);
        _host.Apply([new AddBridge("br.7")]);
        _host.WriteSysctl(name, "1");
        Assert.Equal("1", _host.ReadSysctl(name));
        _host.Apply([new DeleteLink("br.7")]);
        Assert.Null(_host.ReadSysctl(name));
    }

    [Fact]
    public void Monitor_TellsWhatKindChanged()
    {
        using var seen = new EventTrap(_host, KernelEvents.All);
        _host.Apply([new AddBridge("br") { Up = true }]);
        seen.Wait(KernelEvents.Links);
        _host.Apply([new AddAddress("br", Ip("10.40.0.1"), 24)]);
        seen.Wait(KernelEvents.Addresses);
        _host.Apply([new SetRoute(Core.Addressing.Prefix.Parse("10.41.0.0/24")) { Link = "br" }]);
        seen.Wait(KernelEvents.Routes);
        _host.Apply([new SetNeighbour("br", Ip("10.40.0.9"), Mac("02:40:00:00:01:09"))]);
        seen.Wait(KernelEvents.Neighbours);
        _host.Nftables.Run("table inet overlay { }");
        seen.Wait(KernelEvents.Nftables);
    }
}
