using Overlay.Core.Addressing;

namespace Overlay.Linux;

public sealed record VxlanInfo
{
    public required uint Vni { get; init; }

    public Address? Local { get; init; }

    public required int Port { get; init; }

    public bool Learning { get; init; }
}
