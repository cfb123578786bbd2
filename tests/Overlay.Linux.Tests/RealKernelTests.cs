using Overlay.Linux.Tests.Contract;
using Xunit;

namespace Overlay.Linux.Tests;

public sealed class RealKernelTests() : KernelContract(new Kernel())
{
    [Fact]
    public void Nftables_ProtocolsInSets_ArePrintedByNumber()
    {
        // By name only where /etc/protocols knows it: the same table would look changed on a host without that file.
        using var trial = new TrialNamespaces();
        var host = trial["host"];
        host.Nftables.Run("table inet overlay { map m { type inet_proto . inet_service : ipv4_addr . inet_service; elements = { tcp . 80 : 10.0.0.1 . 80, udp . 53 : 10.0.0.1 . 53 }; }; }");
        var table = host.Nftables.List("inet overlay");
        Assert.Contains("6 . 80 : 10.0.0.1 . 80", table, StringComparison.Ordinal);
        Assert.Contains("17 . 53 : 10.0.0.1 . 53", table, StringComparison.Ordinal);
    }
}
