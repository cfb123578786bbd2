using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// The host's nftables, with a memory of which transactions were ours: a notification of one that follows directly on
/// what we know, and was made by us, tells nothing new.
/// </summary>
internal sealed class HostRules(INftables inner) : INftables
{
    // Null: not known, as on a kernel that does not tell; then everything is news.
    private uint? _known;

    public uint Generation => inner.Generation;

    /// <summary>Tables that are listed from now on hold all transactions so far.</summary>
    public void Look() => _known = Number();

    /// <summary>Whether a transaction of this number can have changed what is known. The number may wrap around.</summary>
    public bool IsNews(uint generation) => _known is not { } known || unchecked((int)(generation - known)) > 0;

    /// <summary>There was a transaction that is not known: for a notice that comes before its transaction's number.</summary>
    public bool HasNews => Number() is not { } number || IsNews(number);

    public void Run(string script)
    {
        var before = _known is null ? null : Number();
        inner.Run(script);
        Ran(before);
    }

    public string? Run(string script, string table)
    {
        var before = _known is null ? null : Number();
        var listing = inner.Run(script, table);
        Ran(before);
        return listing;
    }

    public string? List(string table) => inner.List(table);

    public string ListChains() => inner.ListChains();

    private void Ran(uint? before)
    {
        // One more than that: somebody else was between, and the notification of theirs must count.
        if (before is { } number && before == _known && Number() == unchecked(number + 1))
            _known = unchecked(number + 1);
    }

    private uint? Number()
    {
        try
        {
            return inner.Generation;
        }
        catch (KernelException)
        {
            return null;
        }
    }
}
