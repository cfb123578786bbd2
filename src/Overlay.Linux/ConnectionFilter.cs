using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>Which tracked connections: all given parts must match. Protocol is 6 (TCP) or 17 (UDP).</summary>
public sealed record ConnectionFilter
{
    /// <summary>The client, before any translation.</summary>
    public Address? OriginalSource { get; init; }

    /// <summary>Where the client sent to, before any translation.</summary>
    public Address? OriginalDestination { get; init; }

    public int? OriginalDestinationPort { get; init; }

    /// <summary>Who answers, after translation.</summary>
    public Address? ReplySource { get; init; }

    public int? ReplySourcePort { get; init; }

    public byte? Protocol { get; init; }
}
