using Overlay.Core.Addressing;
using Overlay.Linux.Probing;
using Xunit;

namespace Overlay.Tests.Linux;

public sealed class ProbeFrameTests
{
    private static readonly MacAddress Mac = MacAddress.Parse("02:40:00:00:01:11");

    [Fact]
    public void ForV4_IsAnArpRequestOfNobody() => Assert.Equal(
        "ffffffffffff024000000111" + "0806" + "0001080006040001" + "02400000011100000000" + "0000000000000a010007",
        Convert.ToHexStringLower(ProbeFrame.Make(Address.Parse("10.1.0.7"), Mac)));

    // The kernel's own duplicate address detection sends the same, besides its nonce.
    [Fact]
    public void ForV6_IsASolicitationFromTheUnspecifiedAddress_ToTheSolicitedNode() => Assert.Equal(
        "3333ff010007024000000111" + "86dd" + "60000000" + "00183aff" + "00000000000000000000000000000000" + "ff0200000000000000000001ff010007"
        + "8700" + "7d97" + "00000000" + "fd000000000000000000000000010007",
        Convert.ToHexStringLower(ProbeFrame.Make(Address.Parse("fd00::1:7"), Mac)));
}
