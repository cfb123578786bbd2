using System.Collections.Immutable;
using Overlay.Core.Addressing;

namespace Overlay.Core.Ipam;

/// <summary>Where automatic subnets come from: a block, and the prefix length of the subnets cut from it.</summary>
public readonly record struct SubnetPool(Prefix Block, int SubnetLength)
{
    /// <summary>4,096 networks of 254 addresses each, clear of Docker's pools (172.17–31, 192.168) and of low 10/8 ranges.</summary>
    public static ImmutableArray<SubnetPool> DefaultV4 { get; } =
        [.. Enumerable.Range(201, 16).Select(second => new SubnetPool(Prefix.Parse($"10.{second}.0.0/16"), 24))];

    /// <summary>The /64s of the cluster's own ULA /48.</summary>
    public static SubnetPool OfUla(Prefix ula) => new(ula, 64);

    public override string ToString() => $"{Block} in /{SubnetLength}s";
}

/// <summary>Chooses subnets for networks that named none.</summary>
public static class SubnetPicker
{
    /// <summary>The lowest subnet of the pools that overlaps nothing.</summary>
    /// <param name="taken">Sets that it must not overlap: networks of the cluster, routes and tunnel addresses of hosts.</param>
    /// <exception cref="RefusalException">pools-exhausted, naming the pools.</exception>
    public static Prefix Pick(IReadOnlyList<SubnetPool> pools, params ReadOnlySpan<PrefixSet> taken)
    {
        foreach (var pool in pools)
        {
            if (FirstFree(pool, taken) is { } prefix)
                return prefix;
        }
        throw new RefusalException(
            ErrorCodes.PoolsExhausted,
            $"no automatic subnet is free in {string.Join(", ", pools)}; name one with --subnet, or give the cluster more pools",
            ("pools", string.Join(",", pools)));
    }

    private static Prefix? FirstFree(SubnetPool pool, ReadOnlySpan<PrefixSet> taken)
    {
        var candidate = new Prefix(pool.Block.Base, pool.SubnetLength);
        while (FindOverlap(candidate, taken) is { } other)
        {
            // Past all of what is in the way, not one candidate at a time: a foreign /8 is one step.
            var end = UInt128.Max(other.Last.Value, candidate.Last.Value);
            if (end >= pool.Block.Last.Value)
                return null;
            candidate = new Prefix(new Address(end + 1), pool.SubnetLength);
        }
        return candidate;
    }

    private static Prefix? FindOverlap(Prefix candidate, ReadOnlySpan<PrefixSet> taken)
    {
        foreach (var set in taken)
        {
            if (set.FindOverlap(candidate) is { } overlap)
                return overlap.Prefix;
        }
        return null;
    }
}
