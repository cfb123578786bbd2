using System.Collections.Immutable;
using System.Globalization;
using Overlay.Core.Names;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Answering;

/// <summary>
/// <c>_PORT._PROTO.NAME</c> (RFC 2782): where each endpoint of a name is reached, weights as the name has them. What lies
/// below a name of ours is ours too, and never forwarded.
/// </summary>
internal static class ServiceAnswer
{
    /// <summary>Targets whose addresses are given along; a client asks for the others itself.</summary>
    private const int MaxAdditional = 64;

    public static bool TryAnswer(
        in Query query, ReadOnlySpan<byte> key, Vantage vantage, NameTable table, ref Rotation rotation, Span<byte> reply, out int length, out DnsResult result)
    {
        (length, result) = (0, DnsResult.NameError);
        if (!TryParse(key, out var port, out var name))
            return false;
        foreach (var network in vantage.Networks)
        {
            if (table.Find(network) is not { } names || Answerer.Find(names, name) is not { } set)
                continue;
            var ttl = set.Policy.Ttl is { } own ? (uint)Math.Max(0, own.TotalSeconds) : Answerer.Ttl(names);
            (length, result) = (port, query.Type) switch
            {
                (0, _) => (Answerer.Negative(query, ResponseCode.NxDomain, Protocol.QuestionPointer, ttl, reply), DnsResult.NameError),
                (_, RecordType.Srv) => (Services(query, port, names, set, ttl, vantage, table, ref rotation, reply), DnsResult.Answered),
                (_, RecordType.Any) => (Answerer.MinimalAny(query, ttl, reply), DnsResult.Answered),
                _ => (Answerer.Negative(query, ResponseCode.NoError, Protocol.QuestionPointer, ttl, reply), DnsResult.NoData),
            };
            return true;
        }
        return false;
    }

    /// <param name="port">0: no port number, which no service of ours has for a name.</param>
    internal static bool TryParse(ReadOnlySpan<byte> key, out ushort port, out ReadOnlySpan<byte> name)
    {
        port = 0;
        name = default;
        var dot = key.IndexOf((byte)'.');
        if (dot < 2 || key[0] != '_')
            return false;
        var rest = key[(dot + 1)..];
        if (!rest.StartsWith("_tcp."u8) && !rest.StartsWith("_udp."u8))
            return false;
        name = rest[5..];
        _ = ushort.TryParse(key[1..dot], NumberStyles.None, CultureInfo.InvariantCulture, out port);
        return true;
    }

    private static int Services(
        in Query query, ushort port, NetworkNames names, NameSet set, uint ttl, Vantage vantage, NameTable table, ref Rotation rotation, Span<byte> reply)
    {
        ImmutableArray<NameRecord> records = [.. set.V4.Concat(set.V6).DistinctBy(r => r.Endpoint)];
        Span<int> chosen = stackalloc int[Math.Min(records.Length, RecordOrder.MaxRecords)];
        chosen = chosen[..RecordOrder.Choose(records, set.Policy.Preference, vantage.Host, table, ref rotation, chosen)];
        Span<ushort> targets = stackalloc ushort[Math.Min(chosen.Length, MaxAdditional)];
        var writer = Answerer.Authoritative(query, reply);
        for (var i = 0; i < chosen.Length; i++)
        {
            var record = records[chosen[i]];
            if (!writer.TryService((ushort)record.Weight, port, $"{names.Find(record.Endpoint)!.Names[0]}.{names.Name}", ttl, out var target))
                break;
            if (i < targets.Length)
                targets[i] = target;
        }
        for (var i = 0; i < targets.Length && !writer.IsTruncated; i++)
        {
            foreach (var address in targets[i] == 0 ? [] : names.Find(records[chosen[i]].Endpoint)!.Addresses)
                writer.AddAddress(targets[i], address, ttl);
        }
        return writer.Finish(ResponseCode.NoError);
    }
}
