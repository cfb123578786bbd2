using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

/// <summary>Who holds an address, or held it until <see cref="Released"/>.</summary>
/// <param name="Owner"><c>endpoint:ID</c>, <c>node:HOST</c>, <c>reservation:NAME</c>.</param>
/// <param name="Fence">
/// Rises with each claim by the same owner: a release that was on its way before the last claim carries a lower one
/// and is void.
/// </param>
public sealed record Lease(Address Address, string Owner, string Description, DateTimeOffset Granted, DateTimeOffset? Released, ulong Fence);

/// <summary>A change of the lease table; null: the address is free again.</summary>
public readonly record struct LeaseChange(Address Address, Lease? Lease);
