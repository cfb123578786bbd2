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
    [Alias("Allocate")]
    Task<Address> Allocate(string owner, string description, Address? wanted);

    /// <summary>Starts the quarantine of all that the owner holds; harmless when it holds nothing.</summary>
    [Alias("Release")]
    Task Release(string owner);

    [Alias("Usage")]
    Task<SubnetUsage> Usage();

    [Alias("Leases")]
    Task<ImmutableArray<LeaseRecord>> Leases();

    /// <summary>Ends the partition.</summary>
    [Alias("Delete")]
    Task Delete();
}
