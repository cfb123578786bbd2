using System.Text;
using CsCheck;
using Overlay.Core.Names;
using Overlay.Dns.Wire;
using Xunit;

namespace Overlay.Tests.Dns;

public sealed class WireNameTests
{
    private static readonly Gen<string> Names = Gen.String[Gen.Char["abcXYZ09_-"], 1, 63].Array[1, 3].Select(labels => string.Join('.', labels));

    [Fact]
    public void Text_WrittenAndRead_IsTheKeyOfTheText() => Names.Sample(text =>
    {
        var wire = new byte[Protocol.MaxName];
        var length = WireName.WriteText(text, wire);
        Assert.Equal(Packets.Name(text), wire[..length]);
        Assert.Equal(length, WireName.Measure(wire));
        var key = new byte[Protocol.MaxName];
        var keyLength = WireName.WriteKey(wire.AsSpan(0, length), key);
        Assert.Equal(Encoding.ASCII.GetString(NameKey.Of(text)), Encoding.ASCII.GetString(key, 0, keyLength));
    });

    [Fact]
    public void Equality_IgnoresTheCaseOfLettersAndNothingElse() => Gen.Select(Names, Names).Sample((a, b) =>
    {
        Assert.True(WireName.AreEqual(Packets.Name(a), Packets.Name(a.ToUpperInvariant())));
        Assert.Equal(string.Equals(a, b, StringComparison.OrdinalIgnoreCase), WireName.AreEqual(Packets.Name(a), Packets.Name(b)));
    });

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData("ä")]
    public void Text_ThatIsNoName_IsNotWritten(string text) => Assert.Equal(-1, WireName.WriteText(text, new byte[Protocol.MaxName]));

    [Fact]
    public void Name_TooLong_IsNotMeasuredNorWritten()
    {
        var label = new string('a', 63);
        var longest = string.Join('.', label, label, label, new string('a', 61));
        Assert.Equal(255, WireName.WriteText(longest, new byte[300]));
        Assert.Equal(255, WireName.Measure(Packets.Name(longest)));
        Assert.Equal(-1, WireName.WriteText(longest + "a", new byte[300]));
        Assert.Equal(-1, WireName.Measure(Packets.Name(longest + "a")));
    }
}
