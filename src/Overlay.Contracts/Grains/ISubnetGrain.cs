using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;

namespace Overlay.Contracts.Grains;

/// <summary>One subnet (key: its id): who holds which address. A lease is durable before the reply.</summary>
[Alias("overlay.ISubnetGrain")]
public interface ISubnetGrain : IGrainWithStringKey
{
    [Alias("Initialize")]
    Task Initialize(SubnetRecord subnet);

    /// <summary>Idempotent by owner. Refusals: address-taken (names the holder), address-outside, subnet-full.</summary>
    /// <param name="fence">Revision of the network at the time of the call.</param>
    [Alias("Allocate")]
    Task<Address> Allocate(string owner, string description, Address? wanted, ulong fence);

    /// <summary>
    /// Starts the quarantine of what the owner holds. Harmless when it holds nothing; without effect when it claimed
    /// the address again with a later fence.
    /// </summary>
    [Alias("Release")]
    Task Release(string owner, ulong fence);

    [Alias("Usage")]
    Task<SubnetUsage> Usage();

    [Alias("Leases")]
    Task<ImmutableArray<LeaseRecord>> Leases();

    /// <summary>Ends the partition.</summary>
    [Alias("Delete")]
    Task Delete();
}
