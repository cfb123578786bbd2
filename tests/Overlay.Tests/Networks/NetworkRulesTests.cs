using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Fabric;
using Overlay.Core.Networks;
using Xunit;

namespace Overlay.Tests.Networks;

public sealed class NetworkRulesTests
{
    [Theory]
    [InlineData("overly", ErrorCodes.UnknownDriver, "did you mean 'overlay'")]
    [InlineData("macvlan", ErrorCodes.InvalidArgument, "-o parent=eth0")]
    [InlineData("ipvlan", ErrorCodes.InvalidArgument, "-o parent=eth0")]
    [InlineData("host", ErrorCodes.Unsupported, "--network host")]
    public void Check_DriverThatCannotBe_SaysWhatWould(string driver, string code, string says) =>
        Refused(code, says, () => NetworkRules.Check(Request(driver: driver)));

    [Theory]
    [InlineData("bridge", "bridge.nmae", "did you mean 'bridge.name'")]
    [InlineData("bridge", "vni", "bridge.enable_icc")]
    [InlineData("overlay", "parent", "it knows vni, mtu, encrypted")]
    public void Check_UnknownOption_IsNamed_WithTheKnownOnes(string driver, string option, string says) =>
        Refused(ErrorCodes.UnknownOption, says, () => NetworkRules.Check(Request(driver: driver, options: (option, "1"))));

    [Theory]
    [InlineData("overlay", "mtu", "67")]
    [InlineData("overlay", "mtu", "65536")]
    [InlineData("overlay", "mtu", "many")]
    [InlineData("overlay", "dns.ttl", "-1")]
    [InlineData("bridge", "dns.ttl", "86401")]
    [InlineData("overlay", "vni", "0")]
    [InlineData("overlay", "vni", "16777216")]
    [InlineData("bridge", "bridge.enable_icc", "maybe")]
    [InlineData("bridge", "bridge.name", "much-too-long-name")]
    [InlineData("bridge", "bridge.host_binding_ipv4", "::1")]
    public void Check_OptionOutOfBounds_IsRefused(string driver, string option, string value) =>
        Refused(ErrorCodes.InvalidArgument, option, () => NetworkRules.Check(Request(driver: driver, options: (option, value))));

    [Fact]
    public void Check_DockersLongNames_BecomeTheShortOnes()
    {
        var draft = NetworkRules.Check(Request(options: [
            ("com.docker.network.bridge.name", "br9"), ("com.docker.network.driver.mtu", "1400"), ("com.docker.network.bridge.enable_icc", "0")]));
        Assert.Equal(("br9", "1400", "false"), (draft.Options["bridge.name"], draft.Options["mtu"], draft.Options["bridge.enable_icc"]));
        Assert.Equal(1400, draft.Mtu);
        Refused(ErrorCodes.InvalidArgument, "twice", () => NetworkRules.Check(Request(options: [("mtu", "1400"), ("com.docker.network.driver.mtu", "1400")])));
    }

    [Fact]
    public void Check_Ipv6_FollowsFromItsSubnet_AndNeedsItsMtu()
    {
        var draft = NetworkRules.Check(Request(subnets: SubnetDraft.Of(Prefix.Parse("fd00:5::/64"))));
        Assert.Equal((true, true, false), (draft.Ipv6, draft.NeedsV4, draft.NeedsV6));
        Assert.Equal("fd00:5::1", draft.Subnets[0].Gateway.ToString());
        Refused(ErrorCodes.InvalidArgument, "1280", () => NetworkRules.Check(Request(options: ("mtu", "1200")) with { Ipv6 = true }));
    }

    [Theory]
    [InlineData("10.1.0.0/24", "10.2.0.1", null, null, "gateway")]
    [InlineData("10.1.0.0/24", "10.1.0.255", null, null, "broadcast")]
    [InlineData("10.1.0.0/24", "10.1.0.0", null, null, "network's own")]
    [InlineData("10.1.0.0/24", null, "10.1.1.0/25", null, "range")]
    [InlineData("10.1.0.0/24", null, null, "10.1.1.9", "auxiliary")]
    [InlineData("10.1.0.0/24", "10.1.0.9", null, "10.1.0.9", "auxiliary address 'nas'")]
    [InlineData("10.1.0.0/31", null, null, null, "too small")]
    [InlineData("10.0.0.0/7", null, null, null, "too large")]
    [InlineData("127.0.0.0/24", null, null, null, "loopback")]
    [InlineData("224.1.0.0/16", null, null, null, "multicast")]
    [InlineData("fe80::/64", null, null, null, "link-local")]
    public void Check_SubnetThatCannotBe_SaysWhy(string prefix, string? gateway, string? range, string? auxiliary, string says)
    {
        var draft = new SubnetDraft(
            Prefix.Parse(prefix),
            gateway is null ? null : Address.Parse(gateway),
            range is null ? null : Prefix.Parse(range),
            auxiliary is null ? ImmutableDictionary<string, Address>.Empty : ImmutableDictionary<string, Address>.Empty.Add("nas", Address.Parse(auxiliary)));
        Refused(ErrorCodes.InvalidSubnet, says, () => NetworkRules.Check(Request(subnets: draft)));
    }

    [Fact]
    public void Check_OverlappingSubnets_AreRefused_AndTheGatewayAvoidsAuxiliaries()
    {
        var one = SubnetDraft.Of(Prefix.Parse("10.1.0.0/16"));
        Refused(ErrorCodes.InvalidSubnet, "overlaps 10.1.0.0/16", () => NetworkRules.Check(Request(subnets: [one, SubnetDraft.Of(Prefix.Parse("10.1.7.0/24"))])));
        var taken = one with { Auxiliary = ImmutableDictionary<string, Address>.Empty.Add("nas", Address.Parse("10.1.0.1")) };
        Assert.Equal("10.1.0.2", NetworkRules.Check(Request(subnets: taken)).Subnets[0].Gateway.ToString());
    }

    [Fact]
    public void ParseSubnet_WithHostBits_NamesTheSubnetThatIsMeant()
    {
        Refused(ErrorCodes.InvalidSubnet, "the subnet is 10.1.0.0/24", () => SubnetRules.Parse("10.1.0.7/24"));
        Refused(ErrorCodes.InvalidSubnet, "10.1.0.0/24", () => SubnetRules.Parse("10.1.0"));
        Assert.Equal("10.1.0.0/24", SubnetRules.Parse("10.1.0.0/24").ToString());
    }

    [Fact]
    public void VniPool_GoesForward_AndNamesTheHolder()
    {
        var pool = VniPool.Create([KeyValuePair.Create(VniPool.First, "old")]);
        pool = pool.Take(null, "a", out var a);
        pool = pool.Return(a).Take(null, "b", out var b);
        Assert.Equal((VniPool.First + 1, VniPool.First + 2), (a, b));
        Refused(ErrorCodes.InvalidArgument, "'b'", () => { pool.Take(b, "c", out _); });
        Assert.Equal(VniPool.First, First(VniPool.Create([KeyValuePair.Create(VniPool.Last, "top")], VniPool.Last)));
        // What it gave is not given again at once, also by the pool that is made from what is stored.
        Assert.Equal(b + 1, First(VniPool.Create([], pool.Next)));

        static int First(VniPool pool)
        {
            pool.Take(null, "x", out var vni);
            return vni;
        }
    }

    [Theory]
    [InlineData("shpo", "shop")]
    [InlineData("SHOP", "shop")]
    [InlineData("shopping-cart", null)]
    [InlineData("xyz", null)]
    public void NearestName_FindsSlips(string asked, string? nearest) => Assert.Equal(nearest, NearestName.Of(asked, ["shop", "bridge", "none"]));

    private static NetworkRequest Request(string driver = "bridge", params (string Key, string Value)[] options) =>
        new("shop", driver, [], false, false, ImmutableDictionary<string, string>.Empty.AddRange(options.Select(o => KeyValuePair.Create(o.Key, o.Value))));

    private static NetworkRequest Request(params SubnetDraft[] subnets) =>
        new("shop", "bridge", [.. subnets], false, false, ImmutableDictionary<string, string>.Empty);

    private static void Refused(string code, string says, Action action)
    {
        var refused = Assert.Throws<RefusalException>(action);
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }
}
