using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

internal static class AllocationRefusals
{
    public static string Describe(this Lease lease) =>
        lease.Description.Length > 0 ? $"{lease.Description} ({lease.Owner})" : lease.Owner;

    public static RefusalException Taken(AddressPlan plan, Address wanted, string holder, Address? free) => new(
        ErrorCodes.AddressTaken,
        $"{wanted} is taken by {holder}" + (free is { } next ? $"; {next} is free" : $"; {plan.Prefix} has no free address"),
        ("address", wanted.ToString()), ("holder", holder), ("subnet", plan.Prefix.ToString()));

    public static RefusalException Outside(AddressPlan plan, Address wanted) => new(
        ErrorCodes.AddressOutside,
        $"{wanted} is not in {plan.Prefix}; choose one from {plan.First} to {plan.Last}",
        ("address", wanted.ToString()), ("subnet", plan.Prefix.ToString()));

    public static RefusalException HoldsAnother(Lease held, Address wanted) => new(
        ErrorCodes.Conflict,
        $"{held.Describe()} has {held.Address} already, so it cannot take {wanted}; disconnect it first",
        ("address", held.Address.ToString()), ("wanted", wanted.ToString()), ("owner", held.Owner));

    public static RefusalException Full(AddressPlan plan, int inUse, int resting, TimeSpan? nextEnds)
    {
        var pool = plan.Range ?? plan.Prefix;
        var rest = nextEnds is { } wait ? $", {resting} rest after use (the next is free in {Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds))} s)" : "";
        return new(
            ErrorCodes.SubnetFull,
            $"{pool} has no free address: {inUse} in use{rest}; disconnect something, or make a network with a larger subnet",
            ("subnet", plan.Prefix.ToString()), ("pool", pool.ToString()), ("in-use", inUse.ToString()), ("quarantined", resting.ToString()));
    }
}
