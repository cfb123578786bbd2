using Overlay.Core.Addressing;

namespace Overlay.Linux;

/// <summary>Adds or replaces.</summary>
public sealed record SetNeighbour(string Link, Address Address, MacAddress Mac) : KernelChange
{
    /// <summary>Only <see cref="NeighbourState.Permanent"/> entries are never collected: of all others the kernel keeps
    /// 1,024 (gc_thresh3), for the whole machine.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    public override string ToString() => $"setting neighbour {Address} at {Mac} on {Link}";
}

/// <summary>ENOENT when there is none.</summary>
public sealed record RemoveNeighbour(string Link, Address Address) : KernelChange
{
    public override string ToString() => $"removing neighbour {Address} from {Link}";
}
