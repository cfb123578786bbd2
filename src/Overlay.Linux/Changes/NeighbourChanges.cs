using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>Adds or replaces.</summary>
public sealed record SetNeighbour(string Link, Address Address, MacAddress Mac) : KernelChange
{
    /// <summary><see cref="NeighbourState.NoArp"/> or <see cref="NeighbourState.Permanent"/>.</summary>
    public NeighbourState State { get; init; } = NeighbourState.NoArp;

    public override string ToString() => $"setting neighbour {Address} at {Mac} on {Link}";
}

/// <summary>ENOENT when there is none.</summary>
public sealed record RemoveNeighbour(string Link, Address Address) : KernelChange
{
    public override string ToString() => $"removing neighbour {Address} from {Link}";
}
