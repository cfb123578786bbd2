namespace Overlay.Linux;

/// <summary>The kernel's RTN_* types.</summary>
public enum RouteKind : byte
{
    Unicast = 1,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
}
