using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

/// <summary>
/// Who holds which address of one subnet. Immutable: an operation returns the next state beside what changed, so a
/// state that could not be made durable is simply dropped. Every operation is O(log leases), whatever the subnet's
/// size.
///
///     free ──allocate──► leased ──release──► quarantined ──30 s──► free
///                                                └──allocate (asked for by address)──► leased
///
/// Automatic addresses go forward from the last one granted and wrap, so that a released address rests as long as
/// others are free, on top of its quarantine. An address that somebody asks for by value is given from quarantine
/// too: who names an address knows what was there.
/// </summary>
public sealed class Allocator
{
    public static readonly TimeSpan DefaultQuarantine = TimeSpan.FromSeconds(30);

    private readonly ImmutableDictionary<Address, Lease> _byAddress;
    private readonly ImmutableDictionary<string, Address> _byOwner;
    private readonly ImmutableSortedSet<(DateTimeOffset Released, Address Address)> _quarantine;
    private readonly FreeRuns _free;
    private readonly UInt128 _freeAutomatic;
    private readonly Address _cursor;

    private Allocator(
        AddressPlan plan,
        TimeSpan quarantine,
        ImmutableDictionary<Address, Lease> byAddress,
        ImmutableDictionary<string, Address> byOwner,
        ImmutableSortedSet<(DateTimeOffset, Address)> quarantined,
        FreeRuns free,
        UInt128 freeAutomatic,
        Address cursor)
    {
        Plan = plan;
        Quarantine = quarantine;
        _byAddress = byAddress;
        _byOwner = byOwner;
        _quarantine = quarantined;
        _free = free;
        _freeAutomatic = freeAutomatic;
        _cursor = cursor;
    }

    public AddressPlan Plan { get; }

    public TimeSpan Quarantine { get; }

    /// <summary>All leases, those in quarantine too; in no order.</summary>
    public IEnumerable<Lease> Leases => _byAddress.Values;

    public AddressUsage Usage => new(_byOwner.Count, _quarantine.Count, _freeAutomatic);

    public static Allocator Create(AddressPlan plan, IEnumerable<Lease>? leases = null, TimeSpan? quarantine = null)
    {
        var byAddress = (leases ?? []).ToImmutableDictionary(l => l.Address);
        var reserved = plan.Auxiliary.Values.Concat(plan.Gateway is { } gateway ? [gateway] : []);
        var unusable = byAddress.Keys.Concat(reserved).Distinct().Order().ToList();
        var (first, last) = plan.Automatic;
        var size = last.Value < first.Value ? 0 : last.Value - first.Value == UInt128.MaxValue ? UInt128.MaxValue : last.Value - first.Value + 1;
        var taken = (UInt128)unusable.Count(a => a.Value >= first.Value && a.Value <= last.Value);
        return new Allocator(
            plan,
            quarantine ?? DefaultQuarantine,
            byAddress,
            byAddress.Values.Where(l => l.Released is null).ToImmutableDictionary(l => l.Owner, l => l.Address),
            byAddress.Values.Where(l => l.Released is not null).Select(l => (l.Released!.Value, l.Address)).ToImmutableSortedSet(),
            FreeRuns.Between(plan.First, plan.Last, unusable),
            size - taken,
            LastGranted(byAddress.Values, first, last));
    }

    public Lease? Find(string owner) => _byOwner.TryGetValue(owner, out var address) ? _byAddress[address] : null;

    public Lease? Find(Address address) => _byAddress.GetValueOrDefault(address);

    /// <summary>Grants an address, or finds the one that the owner has: the same owner asking twice is one lease.</summary>
    /// <param name="wanted">Null: the next free one.</param>
    /// <param name="now">By the store's clock.</param>
    /// <exception cref="RefusalException">address-taken, address-outside, subnet-full; conflict: the owner has another one.</exception>
    public Step<Address> Allocate(string owner, string description, Address? wanted, ulong fence, DateTimeOffset now)
    {
        if (Find(owner) is { } held)
        {
            if (wanted is { } other && other != held.Address)
                throw AllocationRefusals.HoldsAnother(held, other);
            return Reclaim(held, fence);
        }
        var state = EndQuarantines(now, out var changes);
        var address = wanted is { } asked ? state.Require(asked) : state.NextFree(now);
        var lease = new Lease(address, owner, description, now, null, fence);
        changes.Add(new LeaseChange(address, lease));
        return new(state.With(lease, wanted is null), address, changes.ToImmutable());
    }

    /// <summary>
    /// Starts the quarantine of what the owner holds. Nothing changes when it holds nothing, or has claimed it with this
    /// fence or a later one: the release was decided before that claim.
    /// </summary>
    public Step<bool> Release(string owner, ulong fence, DateTimeOffset now)
    {
        if (Find(owner) is not { } lease || lease.Fence >= fence)
            return new(this, false, []);
        var released = lease with { Released = now };
        var next = new Allocator(
            Plan, Quarantine, _byAddress.SetItem(lease.Address, released), _byOwner.Remove(owner),
            _quarantine.Add((now, lease.Address)), _free, _freeAutomatic, _cursor);
        return new(next, true, [new LeaseChange(lease.Address, released)]);
    }

    private Step<Address> Reclaim(Lease held, ulong fence)
    {
        if (fence <= held.Fence)
            return new(this, held.Address, []);
        var claimed = held with { Fence = fence };
        var next = new Allocator(Plan, Quarantine, _byAddress.SetItem(held.Address, claimed), _byOwner, _quarantine, _free, _freeAutomatic, _cursor);
        return new(next, held.Address, [new LeaseChange(held.Address, claimed)]);
    }

    /// <summary>Frees what has rested long enough; a bounded number at a time, more only while nothing is free.</summary>
    private Allocator EndQuarantines(DateTimeOffset now, out ImmutableArray<LeaseChange>.Builder changes)
    {
        const int AtATime = 64;
        changes = ImmutableArray.CreateBuilder<LeaseChange>();
        var state = this;
        while (state._quarantine.Count > 0 && state._quarantine.Min is var (released, address) && released + Quarantine <= now
            && (changes.Count < AtATime || state._freeAutomatic == 0))
        {
            state = state.Without(address, released);
            changes.Add(new LeaseChange(address, null));
        }
        return state;
    }

    private Address Require(Address wanted)
    {
        if (!Plan.Prefix.Contains(wanted))
            throw AllocationRefusals.Outside(Plan, wanted);
        if (Plan.RoleOf(wanted) is { } role)
            throw AllocationRefusals.Taken(Plan, wanted, role, NextFreeOrNull());
        if (Find(wanted) is { Released: null } lease)
            throw AllocationRefusals.Taken(Plan, wanted, lease.Describe(), NextFreeOrNull());
        return wanted;
    }

    private Address NextFree(DateTimeOffset now) => NextFreeOrNull()
        ?? throw AllocationRefusals.Full(Plan, _byOwner.Count, _quarantine.Count, _quarantine.Count == 0 ? null : _quarantine.Min.Released + Quarantine - now);

    private Address? NextFreeOrNull()
    {
        var (first, last) = Plan.Automatic;
        return _free.FirstBetween(_cursor, last) ?? _free.FirstBetween(first, last);
    }

    private Allocator With(Lease lease, bool automatic)
    {
        var resting = _byAddress.TryGetValue(lease.Address, out var before);
        return new Allocator(
            Plan, Quarantine, _byAddress.SetItem(lease.Address, lease), _byOwner.Add(lease.Owner, lease.Address),
            resting ? _quarantine.Remove((before!.Released!.Value, lease.Address)) : _quarantine,
            resting ? _free : _free.Take(lease.Address),
            resting || !IsAutomatic(lease.Address) ? _freeAutomatic : _freeAutomatic - 1,
            automatic ? After(lease.Address) : _cursor);
    }

    private Allocator Without(Address address, DateTimeOffset released) => new(
        Plan, Quarantine, _byAddress.Remove(address), _byOwner, _quarantine.Remove((released, address)), _free.Return(address),
        IsAutomatic(address) ? _freeAutomatic + 1 : _freeAutomatic, _cursor);

    private bool IsAutomatic(Address address)
    {
        var (first, last) = Plan.Automatic;
        return address.Value >= first.Value && address.Value <= last.Value;
    }

    private Address After(Address address)
    {
        var (first, last) = Plan.Automatic;
        return address.Value >= last.Value ? first : address.Next(1);
    }

    /// <summary>The cursor is not stored: it follows from the lease granted last.</summary>
    private static Address LastGranted(IEnumerable<Lease> leases, Address first, Address last)
    {
        var latest = leases.Where(l => l.Address.Value >= first.Value && l.Address.Value < last.Value)
            .MaxBy(l => (l.Granted, l.Address));
        return latest is null ? first : latest.Address.Next(1);
    }
}
