using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

/// <summary>What a subnet says about its addresses before any is leased.</summary>
public sealed record AddressPlan(
    Prefix Prefix,
    Address? Gateway,
    Prefix? Range,
    ImmutableDictionary<string, Address> Auxiliary)
{
    /// <summary>
    /// First address a lease may have. IPv4 keeps the network's own address back, except in /31 (RFC 3021) and /32;
    /// IPv6 the subnet-router anycast address (RFC 4291, 2.6.1).
    /// </summary>
    public Address First => HasEdges ? Prefix.Base.Next(1) : Prefix.Base;

    /// <summary>Last address a lease may have: IPv4 keeps the broadcast address back.</summary>
    public Address Last => HasEdges && Prefix.IsV4 ? new Address(Prefix.Last.Value - 1) : Prefix.Last;

    /// <summary>Bounds of automatic allocation.</summary>
    public (Address First, Address Last) Automatic => Range is not { } range
        ? (First, Last)
        : (new Address(UInt128.Max(First.Value, range.Base.Value)), new Address(UInt128.Min(Last.Value, range.Last.Value)));

    private bool HasEdges => Prefix.Base.Bits - Prefix.Length >= 2;

    /// <summary>Why an address is never leased: its role, or null when it may be.</summary>
    public string? RoleOf(Address address)
    {
        if (address == Gateway)
            return "the gateway";
        foreach (var (name, taken) in Auxiliary)
        {
            if (taken == address)
                return $"auxiliary address '{name}'";
        }
        if (HasEdges && address == Prefix.Base)
            return "the network's own address";
        return HasEdges && Prefix.IsV4 && address == Prefix.Last ? "the broadcast address" : null;
    }
}
