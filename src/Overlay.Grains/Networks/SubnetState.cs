using System.Collections.Immutable;
using Overlay.Contracts.Records;
using Overlay.Core.Ipam;
using Overlay.Grains.Commands;

namespace Overlay.Grains.Networks;

/// <summary>A subnet that may not be there (yet, or any more).</summary>
public sealed record SubnetState(SubnetRecord? Spec, Allocator? Allocator)
{
    public static SubnetState Read(ImmutableDictionary<string, byte[]> fields, TimeSpan quarantine)
    {
        if (!fields.TryGetValue(Fields.Spec, out var bytes))
            return new(null, null);
        var leases = fields.Where(f => f.Key.StartsWith(Fields.LeasePrefix, StringComparison.Ordinal))
            .Select(f => ToLease(RecordCodec.Decode<LeaseRecord>(f.Value)));
        return Of(RecordCodec.Decode<SubnetRecord>(bytes), leases, quarantine);
    }

    public static SubnetState Of(SubnetRecord spec, IEnumerable<Lease> leases, TimeSpan quarantine) =>
        new(spec, Core.Ipam.Allocator.Create(new AddressPlan(spec.Prefix, spec.Gateway, spec.Range, spec.Auxiliary), leases, quarantine));

    public Decision<SubnetState, T> Then<T>(Step<T> step) => new(
        this with { Allocator = step.Next }, step.Result,
        [.. step.Changes.Select(c => c.Lease is { } lease
            ? Decision.Put(Fields.Lease(c.Address), ToRecord(lease))
            : Decision.Delete(Fields.Lease(c.Address)))]);

    public static LeaseRecord ToRecord(Lease lease) => new()
    {
        Address = lease.Address,
        Owner = lease.Owner,
        Description = lease.Description,
        Granted = lease.Granted,
        Released = lease.Released,
        Fence = lease.Fence,
    };

    private static Lease ToLease(LeaseRecord record) =>
        new(record.Address, record.Owner, record.Description, record.Granted, record.Released, record.Fence);
}
