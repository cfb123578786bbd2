using System.Text;
using Overlay.Node.LocalApi;
using Xunit;

namespace Overlay.Tests.Node;

public sealed class LocalAnswerTests
{
    [Fact]
    public void ToBytes_LengthIsOfBytesAndNotOfCharacters()
    {
        var text = Encoding.UTF8.GetString(new LocalAnswer("200 OK", "text/plain", "ä\n").ToBytes());

        Assert.Equal("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nä\n", text);
    }
}
