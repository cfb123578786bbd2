using Overlay.Core.Names;
using Xunit;

namespace Overlay.Tests.Names;

public sealed class ResolvConfTests
{
    [Fact]
    public void Parse_OrdinaryFile_GivesServersSearchAndOptions()
    {
        var conf = ResolvConf.Parse("# made by hand\nnameserver 10.0.0.1\r\n\tnameserver ignored\nnameserver  2001:db8::1 # second\nsearch a.example\nsearch b.example c.example\noptions ndots:2 rotate\noptions timeout:1\n");
        Assert.Equal(["10.0.0.1", "2001:db8::1"], conf.Servers.Select(s => s.ToString()));
        Assert.Equal(["b.example", "c.example"], conf.Search.AsEnumerable());
        Assert.Equal(["ndots:2", "rotate", "timeout:1"], conf.Options.AsEnumerable());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nameserver\nsearch\noptions\n")]
    [InlineData("nameserver 10.0.0\nnameserver fe80::1%eth0\n;nameserver 10.0.0.1\n")]
    public void Parse_NothingUsable_IsEmpty(string text) => Assert.Empty(ResolvConf.Parse(text).Servers);

    [Fact]
    public void OfHost_ResolvedStub_IsReplacedByTheServersBehindIt()
    {
        var conf = ResolvConf.OfHost("nameserver 127.0.0.53\noptions edns0\n", "nameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch lan\n");
        Assert.Equal(["10.0.0.1", "10.0.0.2"], conf.Servers.Select(s => s.ToString()));
        Assert.Equal(["lan"], conf.Search.AsEnumerable());
    }

    [Fact]
    public void OfHost_ResolvedStubAndNothingBehind_HasNoServer() => Assert.Empty(ResolvConf.OfHost("nameserver 127.0.0.53\n", null).Servers);

    [Theory]
    [InlineData("", "nameserver 127.0.0.11\nsearch a b\noptions ndots:0\n")]
    [InlineData("ndots:3", "nameserver 127.0.0.11\nsearch a b\noptions ndots:3\n")]
    [InlineData("rotate", "nameserver 127.0.0.11\nsearch a b\noptions rotate ndots:0\n")]
    public void ForSandbox_Options_KeepTheUsersNdots(string option, string expected) =>
        Assert.Equal(expected, ResolvConf.ForSandbox(["a", "b"], option.Length > 0 ? [option] : []).Render());

    [Fact]
    public void Render_Parsed_IsTheSame()
    {
        const string text = "nameserver 10.0.0.1\nnameserver fd00::1\nsearch a\noptions ndots:1\n";
        Assert.Equal(text, ResolvConf.Parse(text).Render());
    }
}
