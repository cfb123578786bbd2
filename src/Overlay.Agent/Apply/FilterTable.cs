using System.Security.Cryptography;
using System.Text;
using Overlay.Agent.Desired;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// One nftables table of ours. Its chains are compared as a whole, its elements one by one: a changed port is one
/// element's write. nft prints rules in its own words, so what it prints after our own write is remembered, in a file:
/// an agent without memory finds the same words and writes nothing.
/// </summary>
/// <param name="name">Family and name.</param>
/// <param name="isNew">The namespace was just made: there is no table in it.</param>
internal sealed class FilterTable(INftables nftables, string name, string memoryFile, bool isNew = false)
{
    // Of the kernel's table as of our last look or write; without a body there is none.
    private (string? Body, FilterElements Elements)? _known = isNew ? (null, FilterElements.Empty) : null;
    private bool _isNew = isNew;

    /// <summary>Returns how many writes it took: 0 when the table was as desired.</summary>
    /// <param name="body">Null: no table.</param>
    /// <param name="comment">By which a table is ours.</param>
    /// <param name="look">False: nothing has reported a change since the last time, so only what differs from then is
    /// written, without listing the table.</param>
    /// <param name="before">What the kernel had.</param>
    public int Apply(string? body, string comment, FilterElements elements, bool mayDelete, bool look, out FilterElements before)
    {
        before = FilterElements.Empty;
        var isKnown = !look || _isNew;
        _isNew = false;
        if (isKnown && _known is { } known)
        {
            before = known.Elements;
            if (body is null)
                return known.Body is not null && mayDelete ? Remove() : 0;
            return known.Body == body ? Write(body, elements, before, mayDelete) : Replace(body, known.Body is null, mayDelete ? elements : elements.Over(before));
        }
        _known = null;
        var listing = TableListing.Parse(nftables.List(name));
        var isOurs = listing is not null && listing.Text.Contains($"comment \"{comment}\"", StringComparison.Ordinal);
        before = isOurs ? listing!.Elements : before;
        if (body is null)
            return isOurs && mayDelete ? Remove() : 0;
        if (listing is not null && !isOurs)
            throw new KernelException($"setting table {name}", 17, $"a table of that name is there and not ours; remove it with 'nft delete table {name}'");
        if (listing is null || !IsRemembered(body, listing))
            return Replace(body, listing is null, listing is null || mayDelete ? elements : elements.Over(listing.Elements));
        return Write(body, elements, listing.Elements, mayDelete);
    }

    private int Write(string body, FilterElements elements, FilterElements there, bool mayDelete)
    {
        _known = null;
        var script = ElementScript(elements, there, mayDelete);
        if (script.Length > 0)
            nftables.Run(script);
        _known = (body, mayDelete ? elements : elements.Over(there));
        return script.Length > 0 ? 1 : 0;
    }

    // Taking away what is not there would cost an RCU grace period.
    private int Replace(string body, bool isNew, FilterElements elements)
    {
        _known = null;
        var script = new StringBuilder(isNew ? "" : $"delete table {name}\n").Append($"table {name} {{\n{body}\n}}\n");
        script.Append(ElementScript(elements, FilterElements.Empty, mayDelete: false));
        if (TableListing.Parse(nftables.Run(script.ToString(), name)) is { } written)
            Remember(body, written);
        _known = (body, elements);
        return 1;
    }

    private int Remove()
    {
        _known = null;
        nftables.Run($"delete table {name}\n");
        _known = (null, FilterElements.Empty);
        AtomicFile.Delete(memoryFile);
        return 1;
    }

    private string ElementScript(FilterElements desired, FilterElements actual, bool mayDelete)
    {
        var script = new StringBuilder();
        foreach (var set in desired.Sets.Keys.Union(actual.Sets.Keys).Order(StringComparer.Ordinal))
        {
            var (wanted, there) = (desired[set], actual[set]);
            var stale = there.Where(e => wanted.TryGetValue(e.Key, out var value) ? value != e.Value : mayDelete);
            Append(script, "delete", set, stale.Select(e => e.Key));
            var missing = wanted.Where(e => !there.TryGetValue(e.Key, out var value) || value != e.Value);
            Append(script, "add", set, missing.Select(e => e.Value.Length == 0 ? e.Key : $"{e.Key} : {e.Value}"));
        }
        return script.ToString();
    }

    private void Append(StringBuilder script, string verb, string set, IEnumerable<string> elements)
    {
        foreach (var some in elements.Order(StringComparer.Ordinal).Chunk(500))
            script.Append(verb).Append(" element ").Append(name).Append(' ').Append(set).Append(" { ").AppendJoin(", ", some).Append(" }\n");
    }

    private bool IsRemembered(string body, TableListing listing) =>
        File.Exists(memoryFile) && File.ReadAllText(memoryFile) == Memory(body, listing);

    private void Remember(string body, TableListing listing)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(memoryFile)!);
        AtomicFile.Write(memoryFile, Encoding.ASCII.GetBytes(Memory(body, listing)));
    }

    private static string Memory(string body, TableListing listing) => $"{Hash(body)} {Hash(listing.Structure)}\n";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
