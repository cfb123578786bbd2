using System.Text;
using CsCheck;
using Overlay.Core.Names;
using Xunit;

namespace Overlay.Tests.Names;

public sealed class NameTrieTests
{
    private static readonly Gen<string> Names = Gen.String[Gen.Char["abcXYZ01.-"], 1, 12];

    [Fact]
    public void Trie_AfterAnyChanges_HoldsWhatADictionaryHolds() =>
        Gen.Select(Gen.Bool, Names).Array[0, 300].Sample(changes =>
        {
            var trie = NameTrie<string>.Empty;
            var model = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var (isAdd, name) in changes)
            {
                var key = NameKey.Of(name);
                trie = isAdd ? trie.With(key, name) : trie.Without(key);
                if (isAdd)
                    model[name.TrimEnd('.')] = name;
                else
                    model.Remove(name.TrimEnd('.'));
            }
            Assert.Equal(model.Count, trie.Count);
            foreach (var (_, name) in changes)
                Assert.Equal(model.GetValueOrDefault(name.TrimEnd('.')), trie.Find(NameKey.Of(name)));
        });

    [Fact]
    public void Trie_WhenChanged_LeavesEarlierOnesAsTheyWere()
    {
        var before = NameTrie<string>.Empty;
        for (var i = 0; i < 1000; i++)
            before = before.With(NameKey.Of($"n{i}"), $"{i}");
        var after = before.With("n7"u8.ToArray(), "changed").Without("n8"u8.ToArray());
        Assert.Equal("7", before.Find("n7"u8));
        Assert.Equal("8", before.Find("n8"u8));
        Assert.Equal("changed", after.Find("n7"u8));
        Assert.Null(after.Find("n8"u8));
    }

    [Fact]
    public void Trie_LookUp_AllocatesNothing()
    {
        var trie = NameTrie<string>.Empty.With(NameKey.Of("web"), "web");
        var key = Encoding.ASCII.GetBytes("web");
        trie.Find(key);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            trie.Find(key);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
