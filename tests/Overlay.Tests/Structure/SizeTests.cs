using Xunit;

namespace Overlay.Tests.Structure;

/// <summary>A file is about one thing. The limits are a ratchet: they go down, not up.</summary>
public sealed class SizeTests
{
    private const int MostLines = 350;
    private const int FewPass = 250;
    private const int ShareThatMayPass = 20;

    [Fact]
    public void SourceFile_Length_IsBounded()
    {
        var tooLong = from path in Repository.Sources("src")
                      let lines = File.ReadLines(path).Count()
                      where lines > MostLines
                      select $"{Path.GetRelativePath(Repository.Root, path)}: {lines} lines (most: {MostLines})";
        Assert.Empty(tooLong);
    }

    [Fact]
    public void SourceFiles_OnlyFew_PassTheUsualLength()
    {
        var lengths = Repository.Sources("src").Select(path => File.ReadLines(path).Count()).ToList();
        Assert.InRange(lengths.Count(l => l > FewPass), 0, Math.Max(1, lengths.Count / ShareThatMayPass));
    }

    [Fact]
    public void Sources_NoUnfinishedMarkers()
    {
        string[] banned = ["NotImplemented" + "Exception", "TO" + "DO", "FIX" + "ME", "HA" + "CK"];
        var found = from folder in new[] { "src", "tests" }
                    from path in Repository.Sources(folder)
                    from line in File.ReadLines(path)
                    from word in banned
                    where line.Contains(word, StringComparison.Ordinal)
                    select $"{Path.GetFileName(path)}: {line.Trim()}";
        Assert.Empty(found);
    }
}
