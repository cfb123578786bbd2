using Overlay.Core.Addressing;

namespace Overlay.Linux;

public sealed record Route
{
    public const int MainTable = 254;

    /// <summary>rtm_protocol of routes the kernel makes itself for an address.</summary>
    public const byte KernelProtocol = 2;

    public required Prefix Destination { get; init; }

    public RouteKind Kind { get; init; } = RouteKind.Unicast;

    public int LinkIndex { get; init; }

    public Address? Via { get; init; }

    public Address? PreferredSource { get; init; }

    public int Table { get; init; } = MainTable;

    public int Metric { get; init; }

    public AddressScope Scope { get; init; }

    public byte Protocol { get; init; }
}
