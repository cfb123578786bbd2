using System.Collections.Immutable;

namespace Overlay.Core.Ipam;

/// <summary>What an operation on an <see cref="Allocator"/> leads to: the next state, the answer, and what to store.</summary>
public readonly record struct Step<T>(Allocator Next, T Result, ImmutableArray<LeaseChange> Changes);

/// <summary>Addresses of one subnet by state. <paramref name="Free"/> counts what automatic allocation may still give.</summary>
public readonly record struct AddressUsage(int InUse, int Quarantined, UInt128 Free);
