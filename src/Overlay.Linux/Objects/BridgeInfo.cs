namespace Overlay.Linux;

public sealed record BridgeInfo
{
    public bool MulticastSnooping { get; init; }
}
