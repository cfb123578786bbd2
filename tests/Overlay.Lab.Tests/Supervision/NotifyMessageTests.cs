using System.Text;
using Overlay.Lab.Supervision;
using Xunit;

namespace Overlay.Lab.Tests.Supervision;

public sealed class NotifyMessageTests
{
    [Fact]
    public void Parse_OfReadyAndStatus_TakesBoth()
    {
        var message = Parse("READY=1\nSTATUS=all well\nMAINPID=4");
        Assert.True(message.Ready);
        Assert.Equal("all well", message.Status);
    }

    [Theory]
    [InlineData("FDSTORE=1\nFDNAME=dns", "dns")]
    [InlineData("FDSTORE=1", NotifyMessage.DefaultName)]
    [InlineData("FDSTORE=1\nFDNAME=a:b", NotifyMessage.DefaultName)]
    [InlineData("FDSTORE=1\nFDNAME=", NotifyMessage.DefaultName)]
    public void Parse_OfAStore_NamesIt(string text, string name)
    {
        var message = Parse(text);
        Assert.True(message.Store);
        Assert.Equal(name, message.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("READY=0\nFDSTORE=yes\n\n\0")]
    public void Parse_OfAnythingElse_AsksForNothing(string text)
    {
        var message = Parse(text);
        Assert.False(message.Ready || message.Store || message.Remove || message.Stopping);
    }

    private static NotifyMessage Parse(string text) => NotifyMessage.Parse(Encoding.UTF8.GetBytes(text));
}
