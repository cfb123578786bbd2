using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Networks;

/// <summary>What somebody asks of a new network.</summary>
public sealed record NetworkRequest(
    string Name,
    string Driver,
    ImmutableArray<SubnetDraft> Subnets,
    bool Ipv6,
    bool Internal,
    ImmutableDictionary<string, string> Options);

/// <summary>A subnet as asked for, or as it will be; a gateway of null is chosen.</summary>
public sealed record SubnetDraft(Prefix Prefix, Address? Gateway, Prefix? Range, ImmutableDictionary<string, Address> Auxiliary)
{
    public static SubnetDraft Of(Prefix prefix) => new(prefix, null, null, ImmutableDictionary<string, Address>.Empty);
}

/// <summary>A request that keeps all rules that need no knowledge of other networks.</summary>
/// <param name="Subnets">The ones asked for, gateways chosen.</param>
/// <param name="Mtu">0: from the underlay.</param>
/// <param name="Vni">Null: one is chosen, where the driver has one.</param>
/// <param name="NeedsV4">No IPv4 subnet was named: one comes from the pools.</param>
public sealed record NetworkDraft(
    string Name,
    string Driver,
    ImmutableArray<SubnetDraft> Subnets,
    bool Ipv6,
    ImmutableDictionary<string, string> Options,
    int Mtu,
    int? Vni,
    bool NeedsV4,
    bool NeedsV6);
