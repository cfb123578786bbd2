using Overlay.Core.Addressing;

namespace Overlay.Linux;

public sealed record Neighbour
{
    public required int LinkIndex { get; init; }

    public required Address Address { get; init; }

    public MacAddress? Mac { get; init; }

    public required NeighbourState State { get; init; }
}
