using Overlay.Core.Addressing;

namespace Overlay.Core.Names;

/// <summary>One address behind a name.</summary>
/// <param name="Host">The host that the endpoint lives on; empty for an address without a host (a VIP).</param>
/// <param name="Weight">Share of the first places in answers; 0: only when nothing else is left.</param>
public readonly record struct NameRecord(Address Address, ObjectId Endpoint, string Host, int Weight, bool Draining);
