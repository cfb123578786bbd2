using System.Collections.Immutable;

namespace Overlay.Core.Networks;

public static class Drivers
{
    public const string Bridge = "bridge";
    public const string Overlay = "overlay";
    public const string Macvlan = "macvlan";
    public const string Ipvlan = "ipvlan";
    public const string Host = "host";
    public const string None = "none";

    public static ImmutableArray<string> All { get; } = [Bridge, Overlay, Macvlan, Ipvlan, Host, None];

    /// <summary>Names of the networks that exist on every host without being made: each is also its driver.</summary>
    public static ImmutableArray<string> BuiltInNetworks { get; } = [Bridge, Host, None];

    /// <summary>Whether sandboxes on its networks have addresses of their own.</summary>
    public static bool HasAddresses(string driver) => driver is not (Host or None);

    /// <summary>Whether its networks are the host's own, behind its bridge: it can lead ports to them.</summary>
    public static bool HasPorts(string driver) => driver is Bridge or Overlay;

    /// <summary>Whether each endpoint has a MAC of its own.</summary>
    public static bool HasMacs(string driver) => driver != Ipvlan;
}
