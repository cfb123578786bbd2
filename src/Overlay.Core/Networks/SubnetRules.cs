using System.Collections.Immutable;
using Overlay.Core.Addressing;
using Overlay.Core.Ipam;

namespace Overlay.Core.Networks;

/// <summary>What a subnet must keep to by itself and beside the others of its network.</summary>
public static class SubnetRules
{
    private const int ShortestV4 = 8;
    private const int ShortestV6 = 32;

    private static readonly ImmutableArray<(Prefix Prefix, string Use)> Unusable =
    [
        (Prefix.Parse("0.0.0.0/8"), "'this network' (RFC 1122)"),
        (Prefix.Parse("127.0.0.0/8"), "loopback"),
        (Prefix.Parse("169.254.0.0/16"), "link-local addresses"),
        (Prefix.Parse("224.0.0.0/4"), "multicast"),
        (Prefix.Parse("240.0.0.0/4"), "reserved"),
        (Prefix.Parse("::/32"), "unspecified, loopback and mapped addresses"),
        (Prefix.Parse("fe80::/10"), "link-local addresses"),
        (Prefix.Parse("ff00::/8"), "multicast"),
    ];

    /// <summary>Parses a subnet as a user writes it.</summary>
    /// <exception cref="RefusalException">invalid-subnet, with the form that would work.</exception>
    public static Prefix Parse(string text)
    {
        if (!Prefix.TryParse(text, out var prefix, out var hostBits))
        {
            throw new RefusalException(
                ErrorCodes.InvalidSubnet, $"'{text}' is not a subnet; write one like 10.1.0.0/24 or fd00:1::/64", ("subnet", text));
        }
        return hostBits
            ? throw new RefusalException(
                ErrorCodes.InvalidSubnet,
                $"'{text}' is an address within a subnet; the subnet is {prefix}", ("subnet", text), ("meant", prefix.ToString()))
            : prefix;
    }

    /// <summary>The subnets with every gateway chosen.</summary>
    public static ImmutableArray<SubnetDraft> Check(ImmutableArray<SubnetDraft> subnets)
    {
        for (var i = 0; i < subnets.Length; i++)
        {
            RequireUsable(subnets[i].Prefix);
            foreach (var earlier in subnets.AsSpan()[..i])
            {
                if (earlier.Prefix.Overlaps(subnets[i].Prefix))
                    throw Invalid(subnets[i].Prefix, $"overlaps {earlier.Prefix} of the same network; name subnets that share no address");
            }
        }
        return [.. subnets.Select(WithGateway)];
    }

    /// <summary>The gateway asked for, or the first address that nothing else has.</summary>
    public static SubnetDraft WithGateway(SubnetDraft subnet)
    {
        RequireInside(subnet);
        if (subnet.Gateway is not null)
            return subnet;
        var plan = PlanOf(subnet);
        var gateway = plan.First;
        while (subnet.Auxiliary.ContainsValue(gateway))
            gateway = gateway.Next(1);
        return gateway.Value <= plan.Last.Value
            ? subnet with { Gateway = gateway }
            : throw Invalid(subnet.Prefix, "has no address left for the gateway; use a larger subnet");
    }

    private static void RequireUsable(Prefix prefix)
    {
        foreach (var (block, use) in Unusable)
        {
            if (block.Overlaps(prefix))
                throw Invalid(prefix, $"is no subnet for a network: {block} is for {use}");
        }
        var shortest = prefix.IsV4 ? ShortestV4 : ShortestV6;
        if (prefix.Length < shortest)
            throw Invalid(prefix, $"is too large; the largest is a /{shortest}");
        if (prefix.Base.Bits - prefix.Length < 2)
            throw Invalid(prefix, $"is too small for a gateway and an endpoint; the smallest is a /{prefix.Base.Bits - 2}");
    }

    private static void RequireInside(SubnetDraft subnet)
    {
        var (prefix, plan) = (subnet.Prefix, PlanOf(subnet with { Gateway = null }));
        if (subnet.Range is { } range && !prefix.Contains(range))
            throw Invalid(prefix, $"does not contain the range {range}; choose a range within it");
        foreach (var (name, address) in subnet.Auxiliary)
        {
            if (!prefix.Contains(address))
                throw Invalid(prefix, $"does not contain the auxiliary address {name}={address}; choose one from {plan.First} to {plan.Last}");
            if (subnet.Auxiliary.Any(other => other.Key != name && other.Value == address))
                throw Invalid(prefix, $"has the auxiliary address {address} twice; name it once");
        }
        if (subnet.Gateway is not { } gateway)
            return;
        if (!prefix.Contains(gateway))
            throw Invalid(prefix, $"does not contain the gateway {gateway}; choose one from {plan.First} to {plan.Last}");
        if (plan.RoleOf(gateway) is { } role)
            throw Invalid(prefix, $"cannot have the gateway {gateway}: that is {role}; choose one from {plan.First} to {plan.Last}");
    }

    private static AddressPlan PlanOf(SubnetDraft subnet) => new(subnet.Prefix, subnet.Gateway, subnet.Range, subnet.Auxiliary);

    private static RefusalException Invalid(Prefix prefix, string why) =>
        new(ErrorCodes.InvalidSubnet, $"{prefix} {why}", ("subnet", prefix.ToString()));
}
