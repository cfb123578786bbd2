using Overlay.Core.Addressing;
using Overlay.Linux.Announcing;
using Xunit;

namespace Overlay.Tests.Linux;

public sealed class AnnouncementFrameTests
{
    private static readonly MacAddress Mac = MacAddress.Parse("02:40:00:00:01:12");

    [Fact]
    public void V4_IsAnArpAnnouncement() => Assert.Equal(
        "ffffffffffff" + "024000000112" + "0806" + "0001080006040001" + "024000000112" + "0a28000c" + "000000000000" + "0a28000c",
        Convert.ToHexStringLower(AnnouncementFrame.Make(Address.Parse("10.40.0.12"), Mac)));

    [Fact]
    public void V6_IsAnUnsolicitedAdvertisement_WithAValidChecksum()
    {
        var frame = AnnouncementFrame.Make(Address.Parse("fd40::12"), Mac);
        Assert.Equal(
            "333300000001" + "024000000112" + "86dd" + "60000000" + "0020" + "3a" + "ff"
            + "fd400000000000000000000000000012" + "ff020000000000000000000000000001" + "8800",
            Convert.ToHexStringLower(frame.AsSpan(0, 56)));
        Assert.Equal("20000000" + "fd400000000000000000000000000012" + "0201" + "024000000112", Convert.ToHexStringLower(frame.AsSpan(58)));
        // With its own checksum in, the sum over pseudo header and message is all ones (RFC 1071).
        var sum = 32u + 58;
        for (var i = 22; i < frame.Length; i += 2)
            sum += (uint)(frame[i] << 8 | frame[i + 1]);
        Assert.Equal(0xffffu, (sum & 0xffff) + (sum >> 16));
    }
}
