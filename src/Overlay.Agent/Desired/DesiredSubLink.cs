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

    /// <summary>
    /// Somebody on the physical network may have its address, and would answer for it. Also in modes private and vepa:
    /// there the sandboxes on the same parent are not asked (nor heard, without a switch that reflects), but their
    /// addresses are from the same pool. A routed one speaks neither ARP nor neighbour discovery: the network has routes
    /// to it, and nobody who would answer.
    /// </summary>
    public bool IsProbed => !IsRouted;

    /// <summary>
    /// Where the network is asked for it. A macvlan asks by itself. Before an ipvlan has the address, its kernel gives an
    /// ARP answer (to 0.0.0.0, at the parent's MAC) to the parent and not to it: the parent asks.
    /// </summary>
    public bool IsProbedByParent => Ipvlan is not null;

    /// <summary>The kernel gives it the parent's MAC.</summary>
    public bool HasParentsMac => Macvlan is null or MacvlanMode.Passthru;

    public AddSubLink Make(string name, INetNamespace space) => Macvlan is { } mode
        ? new AddMacvlan(name, Parent, mode) { Space = space }
        : new AddIpvlan(name, Parent, Ipvlan!) { Space = space };

    public bool IsLike(Link link) => link.Kind == Kind && link.Macvlan == Macvlan && link.Ipvlan == Ipvlan;
}
