namespace Overlay.Linux;

/// <summary>One thing that the kernel reported, of whoever's doing.</summary>
/// <param name="Kind">One kind, or <see cref="KernelEvents.Overrun"/>.</param>
/// <param name="Link">Index of the link that it is about; 0: of none (a table), of several (a route), or of any (an overrun).</param>
/// <param name="About">The <see cref="Neighbour"/>, <see cref="FdbEntry"/> or <see cref="Route"/> as it is now, or was before it
/// went; null for what is better read again.</param>
/// <param name="IsGone">It was taken away.</param>
public readonly record struct KernelNotice(KernelEvents Kind, int Link = 0, object? About = null, bool IsGone = false)
{
    /// <summary>The ruleset's number after the change (<see cref="INftables.Generation"/>); 0 for all but the end of an
    /// nftables transaction.</summary>
    public uint Generation { get; init; }
}
