namespace Overlay.Linux;

/// <summary>nftables of one namespace. Scripts are nft's own language.</summary>
public interface INftables
{
    /// <summary>Runs the script as one transaction: all of it or nothing. The error quotes the offending line.</summary>
    void Run(string script);

    /// <summary>As <see cref="Run(string)"/>, then <see cref="List"/>: for the price of one.</summary>
    string? Run(string script, string table);

    /// <summary>The number of the ruleset: one higher with each transaction that changed something, of whoever.</summary>
    uint Generation { get; }

    /// <summary>The table as nft prints it, without counters; null when there is none.
    /// <paramref name="table"/> is "FAMILY NAME", e.g. "inet overlay".</summary>
    string? List(string table);

    /// <summary>Every chain of every table as nft prints it, without rules: what hooks in where.</summary>
    string ListChains();
}
