using System.Collections.Immutable;
using Orleans.Concurrency;
using Orleans.Placement;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;
using Overlay.Grains.Commands;
using Overlay.Grains.Hosting;

namespace Overlay.Grains.Networks;

/// <inheritdoc cref="ISubnetGrain"/>
[Reentrant, PreferLocalPlacement]
public sealed class SubnetGrain(GrainServices services) : PartitionGrain<SubnetState>(services), ISubnetGrain
{
    protected override string PartitionName => Partitions.Subnet(ObjectId.Parse(this.GetPrimaryKeyString()));

    public Task Initialize(SubnetRecord subnet) => State.Spec is not null
        ? Task.CompletedTask
        : Partition.Execute((state, _) => state.Spec is not null
            ? Decision.Keep(state, true)
            : new(SubnetState.Of(subnet, [], Services.Options.Quarantine), true, [Decision.Put(Fields.Spec, subnet)]));

    public Task<Address> Allocate(string owner, string description, Address? wanted, ulong fence) =>
        Partition.Execute((state, moment) => state.Then(Require(state).Allocate(owner, description, wanted, fence, moment.Now)));

    public Task Release(string owner, ulong fence) =>
        Partition.Execute((state, moment) => state.Allocator is { } allocator
            ? state.Then(allocator.Release(owner, fence, moment.Now))
            : Decision.Keep(state, false));

    public Task<SubnetUsage> Usage()
    {
        var usage = Require(State).Usage;
        return Task.FromResult(new SubnetUsage
        {
            Prefix = State.Spec!.Prefix,
            InUse = usage.InUse,
            Quarantined = usage.Quarantined,
            Free = (long)UInt128.Min(usage.Free, long.MaxValue),
        });
    }

    public Task<ImmutableArray<LeaseRecord>> Leases() => Task.FromResult<ImmutableArray<LeaseRecord>>(
        [.. (State.Allocator?.Leases ?? []).OrderBy(l => l.Address).Select(SubnetState.ToRecord)]);

    public async Task Delete()
    {
        await Partition.Execute((state, _) => state.Spec is null
            ? Decision.Keep(state, true)
            : new(new SubnetState(null, null), true, [], EndsPartition: true)).ConfigureAwait(true);
        DeactivateOnIdle();
    }

    protected override SubnetState Read(ImmutableDictionary<string, byte[]> fields) => SubnetState.Read(fields, Services.Options.Quarantine);

    private Allocator Require(SubnetState state) => state.Allocator ?? throw new RefusalException(
        ErrorCodes.NotFound, $"subnet {this.GetPrimaryKeyString()} is gone: its network was removed", ("subnet", this.GetPrimaryKeyString()));
}
