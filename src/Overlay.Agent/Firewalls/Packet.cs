using Overlay.Core.Addressing;

namespace Overlay.Agent.Firewalls;

/// <summary>A packet as a hook sees it; it carries no marks.</summary>
/// <param name="In">Link, or "" where the host itself sends.</param>
/// <param name="Out">Link, or "" where the host itself receives.</param>
internal sealed record Packet(string In, string Out, Address Source, Address Destination, byte Protocol, int SourcePort, int DestinationPort)
{
    public const byte Icmp4 = 1, Tcp = 6, Udp = 17, Icmp6 = 58;

    /// <summary>Of a tracked connection that is established; else the first of a new one.</summary>
    public bool IsReply { get; init; }

    /// <summary>Our own table keeps it out of connection tracking: neither new nor established.</summary>
    public bool IsUntracked { get; init; }

    /// <summary>The connection's destination was changed, as a published port does.</summary>
    public bool IsTranslated { get; init; }

    public bool IsV4 => Destination.IsV4;

    /// <summary>Only the host receives without sending on.</summary>
    public bool IsForHost => Out.Length == 0;
}
