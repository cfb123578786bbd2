using Overlay.Node.Hosting;
using Xunit;

namespace Overlay.Tests.Node;

public sealed class PrivilegesTests
{
    [Theory]
    [InlineData("000001ffffffffff", false)]
    [InlineData("0000000000201000", false)]
    [InlineData("0000000000000000", true)]
    public void Missing_EffectiveCapabilities_DecideAlone(string mask, bool missing) =>
        Assert.Equal(missing, Privileges.Missing($"Name:\tx\nCapEff:\t{mask}\n") is not null);

    [Fact]
    public void Missing_OneCapability_NamesThatOne()
    {
        var line = Privileges.Missing("CapEff:\t0000000000001000\n");

        Assert.Contains("lacks CAP_SYS_ADMIN,", line, StringComparison.Ordinal);
        Assert.Contains("--role control", line, StringComparison.Ordinal);
    }
}
