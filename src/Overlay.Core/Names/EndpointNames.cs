using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Names;

/// <summary>What one endpoint adds to the names of its network.</summary>
/// <param name="Endpoint">Identity: the same id again replaces what it said before.</param>
/// <param name="Host">The host it lives on; empty for an address without a host (a VIP).</param>
/// <param name="Names">Sandbox name, id, short id, hostname, aliases, services; the first one is what PTR answers.</param>
/// <param name="Addresses">IPv4 and IPv6 in any order.</param>
public sealed record EndpointNames(
    ObjectId Endpoint,
    string Host,
    ImmutableArray<string> Names,
    ImmutableArray<Address> Addresses,
    int Weight = 1,
    bool Draining = false);
