using System.Text;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Networks;
using Xunit;

namespace Overlay.Tests.Networks;

public sealed class EndpointOptionsTests
{
    [Theory]
    [InlineData("ifname", "sysctls")]
    [InlineData("com.docker.network.endpoint.ifname", "com.docker.network.endpoint.sysctls")]
    public void Parse_DockersNamesAndOurs_AreTheSame(string ifname, string sysctls)
    {
        var options = EndpointOptions.Parse(
        [
            new(ifname, "lan0.20"), new(sysctls, "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.neigh.IFNAME.retrans_time_ms=500,net.mpls.conf.IFNAME.input=1"),
        ]);

        Assert.Equal("lan0.20", options.InterfaceName);
        Assert.Equal(
            ["net.ipv4.conf.IFNAME.log_martians=1", "net.ipv6.neigh.IFNAME.retrans_time_ms=500", "net.mpls.conf.IFNAME.input=1"],
            options.Sysctls.Select(s => $"{s.Key}={s.Value}").Order());
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward=1")]
    [InlineData("net.ipv4.conf.eth0.log_martians=1")]
    [InlineData("net.ipv4.conf.all.log_martians=1")]
    [InlineData("net.ipv4.route.IFNAME.flush=1")]
    [InlineData("net.core.conf.IFNAME.x=1")]
    [InlineData("kernel.ipv4.conf.IFNAME.x=1")]
    [InlineData("net.ipv4.conf.IFNAME.a.b=1")]
    [InlineData("net.ipv4.conf.IFNAME.../../x=1")]
    [InlineData("net.ipv4.conf.IFNAME.log/martians=1")]
    [InlineData("net/ipv4/conf/IFNAME/log_martians=1")]
    [InlineData("net.ipv4.conf.IFNAME.=1")]
    [InlineData("")]
    public void Parse_ASettingOfAnythingElse_IsRefusedWithTheForm(string sysctl)
    {
        var refused = Assert.Throws<RefusalException>(() => EndpointOptions.Parse([new("sysctls", sysctl)]));
        Assert.Equal((ErrorCodes.InvalidArgument, "sysctls"), (refused.Code, refused.Details["option"]));
        Assert.Contains("net.{ipv4,ipv6,mpls}.{conf,neigh}.IFNAME.NAME=VALUE", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sysctls", "net.ipv4.conf.IFNAME.log_martians", "no value")]
    [InlineData("sysctls", "net.ipv4.conf.IFNAME.log_martians=", "no value")]
    [InlineData("sysctls", "net.ipv4.conf.IFNAME.log_martians=1\n2", "no value")]
    [InlineData("sysctls", "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.IFNAME.log_martians=0", "twice")]
    [InlineData("ifname", "lo", "cannot name a link")]
    [InlineData("ifname", "sixteen-letters-", "cannot name a link")]
    [InlineData("ifname", "a/b", "cannot name a link")]
    public void Parse_WrongValue_SaysWhy(string option, string value, string says) =>
        Assert.Contains(says, Assert.Throws<RefusalException>(() => EndpointOptions.Parse([new(option, value)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_TooMany_OrTwice_OrUnknown_IsRefused()
    {
        var many = string.Join(',', Enumerable.Range(0, 65).Select(i => $"net.ipv4.conf.IFNAME.x{i}=1"));
        Assert.Contains("64 settings", Assert.Throws<RefusalException>(() => EndpointOptions.Parse([new("sysctls", many)])).Message, StringComparison.Ordinal);
        var twice = Assert.Throws<RefusalException>(() => EndpointOptions.Parse([new("ifname", "a"), new("com.docker.network.endpoint.ifname", "a")]));
        Assert.Contains("given twice", twice.Message, StringComparison.Ordinal);
        var unknown = Assert.Throws<RefusalException>(() => EndpointOptions.Parse([new("ifnam", "a")]));
        Assert.Equal((ErrorCodes.UnknownOption, "ifname,sysctls"), (unknown.Code, unknown.Details["known"]));
        Assert.Contains("did you mean 'ifname'", unknown.Message, StringComparison.Ordinal);
    }

    /// <summary>Made by a build that did not know settings.</summary>
    [Fact]
    public void EndpointRecord_OfAnOlderBuild_HasNoSettings()
    {
        var json = Encoding.UTF8.GetBytes("""
            {"id":"00000000000000000000000000000001","sandbox":"00000000000000000000000000000002","sandboxName":"web","host":"h1","addresses":["10.1.0.2"],"mac":"02:00:00:00:00:09"}
            """);
        Assert.Null(RecordCodec.Decode<EndpointRecord>([RecordCodec.FormatVersion, .. json]).Sysctls);
    }
}
