using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Linux.Sockets;
using Xunit;

namespace Overlay.Tests.Linux;

public sealed class SocketTablesTests
{
    [Theory]
    [InlineData("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0", false, "127.0.0.1", 8080, true)]
    [InlineData("   1: 010200C0:8000 090200C0:0050 01 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 20 4", false, "192.0.2.1", 32768, false)]
    [InlineData("   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 0", true, "0.0.0.0", 53, true)]
    [InlineData("   0: 000000FD000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1 0", false, "fd00::1", 8080, true)]
    public void Parse_LinesOfTheKernel_AreUnderstood(string line, bool isUdp, string address, int port, bool listens) =>
        Assert.Equal(new BoundSocket(isUdp, Address.Parse(address), port, listens, 4711), SocketTables.Parse(line, isUdp));

    [Fact]
    public void Parse_AnythingElse_IsNoSocket() => Assert.Null(SocketTables.Parse("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", false));
}
