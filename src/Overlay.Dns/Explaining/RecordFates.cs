using System.Collections.Immutable;
using Overlay.Core.Names;
using Overlay.Dns.Answering;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Explaining;

/// <summary>The decisions of <see cref="Answerer"/> and <see cref="RecordOrder"/>, taken apart record by record.</summary>
internal static class RecordFates
{
    public static IReadOnlyList<ExplainedRecord> Of(ReadOnlySpan<byte> key, RecordType type, Vantage vantage, NameTable table)
    {
        if (ServiceAnswer.TryParse(key, out _, out var service))
            key = service;
        var explained = new List<ExplainedRecord>();
        foreach (var network in vantage.Networks)
        {
            if (table.Find(network) is not { } names || Answerer.Find(names, key) is not { } set)
                continue;
            ImmutableArray<NameRecord> records = type switch
            {
                RecordType.A => set.V4,
                RecordType.Aaaa => set.V6,
                _ => [.. set.V4, .. set.V6],
            };
            var answers = explained.Count == 0;
            var ranks = records.Select(r => RecordOrder.RankOf(r, set.Policy.Preference, vantage.Host, table)).ToArray();
            explained.AddRange(records.Zip(ranks, (record, rank) => new ExplainedRecord(
                names.Name,
                names.Find(record.Endpoint)!.Names.FirstOrDefault(""),
                record,
                answers ? FateOf(record, rank, ranks.Min()) : RecordFate.OtherNetwork)));
        }
        return explained;
    }

    private static RecordFate FateOf(NameRecord record, RecordOrder.Rank rank, RecordOrder.Rank best) =>
        rank == best ? RecordFate.Answered
        : rank switch
        {
            RecordOrder.Rank.HostDown => RecordFate.HostDown,
            RecordOrder.Rank.NotWanted => record.Draining ? RecordFate.Draining : RecordFate.NoWeight,
            _ => RecordFate.NotLocal,
        };
}
