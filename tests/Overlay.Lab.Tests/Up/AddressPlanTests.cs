using System.Net;
using Overlay.Lab.Up;
using Xunit;

namespace Overlay.Lab.Tests.Up;

public sealed class AddressPlanTests
{
    [Fact]
    public void FreeSegment_WithNothingInUse_IsTheFirst() => Assert.Equal(0, AddressPlan.FreeSegment([], []));

    [Theory]
    [InlineData("10.231.0.0/16", null)]
    [InlineData("10.231.0.128/25", 2)]
    [InlineData("10.232.0.0/24", 2)]
    [InlineData("192.168.0.0/16", 0)]
    public void FreeSegment_BesideRoutes_TouchesNone(string route, int? expected) =>
        Assert.Equal(expected, AddressPlan.FreeSegment(expected == 2 ? [1] : [], [IPNetwork.Parse(route)]));

    [Fact]
    public void FreeSegment_WithAllTaken_IsNone() =>
        Assert.Null(AddressPlan.FreeSegment([.. Enumerable.Range(0, AddressPlan.Segments)], []));

    [Fact]
    public void Members_OfTheLargestLab_HaveAddressesOfTheirOwn()
    {
        var members = AddressPlan.Members(7, AddressPlan.Ula([1, 2, 3, 4, 5]), AddressPlan.MaxHosts);

        Assert.Equal(members.Count, members.Select(m => m.Address).Distinct().Count());
        Assert.Equal(members.Count, members.Select(m => IPAddress.Parse(m.Address6)).Distinct().Count());
        Assert.All(members, m => Assert.True(AddressPlan.Underlay(7).Contains(IPAddress.Parse(m.Address))));
    }
}
