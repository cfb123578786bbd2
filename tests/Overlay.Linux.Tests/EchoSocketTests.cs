using Overlay.Core.Addressing;
using Overlay.Linux.Probing;
using Xunit;

namespace Overlay.Linux.Tests;

public sealed class EchoSocketTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Request_ToAnAddressOfTheKernel_IsAnsweredWithItsCookie(string address)
    {
        using var kernel = new Kernel();
        var name = "echo" + Guid.NewGuid().ToString("N")[..6];
        using var space = kernel.Create(name);
        try
        {
            using var echo = new EchoSocket(space);
            using var other = new EchoSocket(space);
            Assert.False(echo.TryReceive(out _));
            Assert.True(other.TrySend(Address.Parse(address), 1));
            Assert.True(echo.TrySend(Address.Parse(address), 0x1122334455667788));
            Assert.True(echo.TryReceive(out var cookie));
            Assert.Equal(0x1122334455667788u, cookie);
            Assert.False(echo.TryReceive(out _));
        }
        finally
        {
            kernel.Delete(name);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", 1500)]
    [InlineData("::1", 1499)]
    public void Request_AsLargeAsTheLinkCarries_IsAnsweredAndALargerOneNotSent(string address, int mtu)
    {
        using var kernel = new Kernel();
        var name = "echo" + Guid.NewGuid().ToString("N")[..6];
        using var space = kernel.Create(name);
        try
        {
            space.Apply([new SetLink("lo") { Mtu = mtu }]);
            using var echo = new EchoSocket(space);
            Assert.True(echo.TrySend(Address.Parse(address), 7, mtu));
            Assert.True(echo.TryReceive(out var cookie));
            Assert.Equal(7u, cookie);
            Assert.False(echo.TrySend(Address.Parse(address), 7, mtu + 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => echo.TrySend(Address.Parse(address), 7, EchoSocket.SmallestSize - 1));
        }
        finally
        {
            kernel.Delete(name);
        }
    }

    [Fact]
    public void Request_WithoutARoute_IsNotSent()
    {
        using var kernel = new Kernel();
        var name = "echo" + Guid.NewGuid().ToString("N")[..6];
        using var space = kernel.Create(name);
        try
        {
            using var echo = new EchoSocket(space);
            Assert.False(echo.TrySend(Address.Parse("192.0.2.1"), 1));
        }
        finally
        {
            kernel.Delete(name);
        }
    }
}
