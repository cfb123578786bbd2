using Overlay.Linux;

namespace Overlay.Agent.Desired;

/// <summary>A link of a sandbox that sits on a link of the host: macvlan or ipvlan.</summary>
/// <param name="Parent">Name of the host's link.</param>
/// <param name="Macvlan">Null for ipvlan.</param>
/// <param name="Ipvlan">Null for macvlan.</param>
public sealed record DesiredSubLink(string Parent, MacvlanMode? Macvlan, IpvlanInfo? Ipvlan)
{
    public string Kind => Macvlan is null ? "ipvlan" : "macvlan";

    /// <summary>It routes by itself, without neighbours: there is no gateway to name.</summary>
    public bool IsRouted => Ipvlan is { Mode: not IpvlanMode.L2 };

    /// <summary>The kernel gives it the parent's MAC.</summary>
    public bool HasParentsMac => Macvlan is null or MacvlanMode.Passthru;

    public AddSubLink Make(string name, INetNamespace space) => Macvlan is { } mode
        ? new AddMacvlan(name, Parent, mode) { Space = space }
        : new AddIpvlan(name, Parent, Ipvlan!) { Space = space };

    public bool IsLike(Link link) => link.Kind == Kind && link.Macvlan == Macvlan && link.Ipvlan == Ipvlan;
}
