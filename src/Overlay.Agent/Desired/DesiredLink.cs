using System.Collections.Immutable;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Linux;

namespace Overlay.Agent.Desired;

public enum DesiredLinkKind
{
    Bridge,
    Vxlan,
    Veth,
    Vlan,
}

/// <summary>A link of the host namespace with all that hangs on it, in kernel words.</summary>
public sealed record DesiredLink
{
    public required string Name { get; init; }

    public required DesiredLinkKind Kind { get; init; }

    /// <summary>Network or endpoint: what a failure is reported for.</summary>
    public required ObjectId Owner { get; init; }

    public required string Alias { get; init; }

    /// <summary>Null: whatever the kernel chose.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>0: whatever the kernel chose.</summary>
    public required int Mtu { get; init; }

    /// <summary>The link that a VLAN link is on.</summary>
    public string? Parent { get; init; }

    public int VlanId { get; init; }

    /// <summary>Name of its bridge.</summary>
    public string? Master { get; init; }

    public VxlanInfo? Vxlan { get; init; }

    public BridgePortInfo? Port { get; init; }

    /// <summary>The sandbox that holds the other end of a veth.</summary>
    public ObjectId Sandbox { get; init; }

    public ImmutableArray<DesiredAddress> Addresses { get; init; } = [];

    public ImmutableArray<DesiredRoute> Routes { get; init; } = [];

    public ImmutableArray<DesiredNeighbour> Neighbours { get; init; } = [];

    /// <summary>Inner MACs behind this VXLAN port, each with the tunnel address of its host.</summary>
    public ImmutableArray<DesiredForward> Forwards { get; init; } = [];

    public bool SameAs(DesiredLink other) =>
        Addresses.SequenceEqual(other.Addresses) && Routes.SequenceEqual(other.Routes) && Neighbours.SequenceEqual(other.Neighbours)
        && Forwards.SequenceEqual(other.Forwards) && Sysctls.SequenceEqual(other.Sysctls)
        && WithoutLists() == other.WithoutLists();

    private DesiredLink WithoutLists() => this with { Addresses = [], Routes = [], Neighbours = [], Forwards = [], Sysctls = [] };

    /// <summary>What hangs on it is ours: the other end of a sandbox's link is the sandbox's, and a VLAN link's contents are whoever's.</summary>
    public bool HasContents => Kind is not (DesiredLinkKind.Veth or DesiredLinkKind.Vlan);

    /// <summary>A bridge's port, whose forwarding entries are ours: behind a sandbox's link is nobody but the sandbox, which the bridge learns.</summary>
    public bool IsPort => Kind is DesiredLinkKind.Vxlan or DesiredLinkKind.Veth;

    /// <summary>Settings that live and die with the link, e.g. "net/ipv4/conf/obr…/route_localnet".</summary>
    public ImmutableArray<(string Name, string Value)> Sysctls { get; init; } = [];
}

public readonly record struct DesiredAddress(Address Address, int PrefixLength, bool NoPrefixRoute = false);

public readonly record struct DesiredRoute(Prefix Destination, Address? Source);

public readonly record struct DesiredNeighbour(Address Address, MacAddress Mac);

public readonly record struct DesiredForward(MacAddress Mac, Address Tunnel);
