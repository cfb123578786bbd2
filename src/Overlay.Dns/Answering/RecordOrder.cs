using System.Collections.Immutable;
using Overlay.Core.Names;

namespace Overlay.Dns.Answering;

/// <summary>
/// Which records of a name are answered, and in which order. Records have ranks; only the best rank that occurs is
/// answered, so a name whose endpoints all look dead is still answered with what is known.
/// </summary>
internal static class RecordOrder
{
    /// <summary>What fits into the largest message; a name with more gives a random run of that many.</summary>
    public const int MaxRecords = 4096;

    internal enum Rank
    {
        ReadyHere,
        Ready,
        NotWanted,
        HostDown,
    }

    /// <summary>Fills in indexes of records; returns how many.</summary>
    public static int Choose(
        ImmutableArray<NameRecord> records, NamePreference preference, string host, NameTable table, ref Rotation rotation, Span<int> chosen)
    {
        var best = Rank.HostDown;
        var count = 0;
        var start = records.Length > chosen.Length ? rotation.Below(records.Length) : 0;
        for (var step = 0; step < records.Length && count < chosen.Length; step++)
        {
            var i = start + step < records.Length ? start + step : start + step - records.Length;
            var rank = RankOf(records[i], preference, host, table);
            if (rank > best)
                continue;
            if (rank < best)
                (best, count) = (rank, 0);
            chosen[count++] = i;
        }
        if (count > 1)
            Rotate(chosen[..count], First(records, chosen[..count], ref rotation));
        return count;
    }

    internal static Rank RankOf(in NameRecord record, NamePreference preference, string host, NameTable table)
    {
        if (!table.AllHostsUp && table.IsDown(record.Host))
            return Rank.HostDown;
        if (record.Draining || record.Weight <= 0)
            return Rank.NotWanted;
        return preference == NamePreference.Spread || record.Host != host ? Rank.Ready : Rank.ReadyHere;
    }

    /// <summary>Which record comes first: each with the share of its weight, or evenly when all weigh the same.</summary>
    private static int First(ImmutableArray<NameRecord> records, ReadOnlySpan<int> chosen, ref Rotation rotation)
    {
        var sum = 0;
        var areEqual = true;
        foreach (var i in chosen)
        {
            sum += records[i].Weight;
            areEqual &= records[i].Weight == records[chosen[0]].Weight;
        }
        if (areEqual || sum == 0)
            return rotation.Below(chosen.Length);
        var point = rotation.Below(sum);
        var first = 0;
        while (point >= records[chosen[first]].Weight)
            point -= records[chosen[first++]].Weight;
        return first;
    }

    private static void Rotate(Span<int> items, int first)
    {
        items[..first].Reverse();
        items[first..].Reverse();
        items.Reverse();
    }
}
