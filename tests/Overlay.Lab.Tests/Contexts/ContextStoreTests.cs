using Overlay.Contracts.Client;
using Overlay.Core;
using Xunit;

namespace Overlay.Lab.Tests.Contexts;

public sealed class ContextStoreTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("overlay-contexts-");

    private ContextStore Store => new(Path.Combine(_directory.FullName, "contexts"));

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Save_ThenGet_GivesTheSame()
    {
        Store.Save(Context("a"));
        var read = Store.Get("a");
        Assert.Equal("10.0.0.1:30000", Assert.Single(read.Gateways));
        Assert.Equal(["nsenter", "--"], read.Hosts["h1"].Enter);
    }

    [Fact]
    public void Resolve_WithoutAnyContext_SaysHowToGetOne() =>
        Assert.Contains("overlay lab up", Assert.Throws<RefusalException>(() => Store.Resolve()).Message, StringComparison.Ordinal);

    [Fact]
    public void Remove_OfTheOneInUse_LeavesNoneInUse()
    {
        Store.Save(Context("a"));
        Store.Use("a");
        Assert.True(Store.Remove("a"));
        Assert.Null(Store.Current);
        Assert.False(Store.Remove("a"));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    public void Save_UnderANameThatIsNoFileName_IsRefused(string name) =>
        Assert.Equal(ErrorCodes.InvalidName, Assert.Throws<RefusalException>(() => Store.Save(Context(name))).Code);

    [Fact]
    public void Find_OfABrokenFile_NamesTheFile()
    {
        Store.Save(Context("a"));
        File.WriteAllText(Path.Combine(Store.Directory, "a.json"), "{");
        Assert.Contains("a.json", Assert.Throws<RefusalException>(() => Store.Get("a")).Message, StringComparison.Ordinal);
    }

    private static OverlayContext Context(string name) => new(
        name, "c", ["10.0.0.1:30000"], "/certificates",
        new Dictionary<string, ContextHost> { ["h1"] = new(["nsenter", "--"]) });
}
