using Overlay.Core.Addressing;
using Overlay.Core.Names;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Answering;

/// <summary>What became of a question; also the name of its counter.</summary>
public enum DnsResult
{
    Answered,
    NoData,
    NameError,
    Cached,
    Forwarded,
    UpstreamFailed,
    Overloaded,
    Refused,
    FormatError,
    NotImplemented,
    Dropped,
    InternalError,
}

/// <summary>
/// Answers from what this host knows. Pure: a message in, a message out, nothing allocated (but for PTR and SRV), no lock.
/// What is not known here is the caller's to forward.
/// </summary>
internal static class Answerer
{
    /// <summary>Replies to a message that is not a good query; 0: nothing is said.</summary>
    public static int Reject(QueryVerdict verdict, in Query query, Span<byte> reply, out DnsResult result)
    {
        (result, var code) = verdict switch
        {
            QueryVerdict.FormErr => (DnsResult.FormatError, ResponseCode.FormErr),
            QueryVerdict.NotImp => (DnsResult.NotImplemented, ResponseCode.NotImp),
            QueryVerdict.BadVersion => (DnsResult.NotImplemented, ResponseCode.BadVers),
            _ => (DnsResult.Dropped, ResponseCode.NoError),
        };
        return result == DnsResult.Dropped ? 0 : Reply(query, code, reply);
    }

    /// <summary>A reply without records.</summary>
    public static int Reply(in Query query, ResponseCode code, Span<byte> reply) => new ReplyWriter(query, reply).Finish(code);

    /// <summary>Returns false when the question is foreign and may be forwarded.</summary>
    /// <param name="reply">As large as the client takes.</param>
    public static bool TryAnswer(
        in Query query, Vantage vantage, NameTable table, ref Rotation rotation, Span<byte> reply, out int length, out DnsResult result)
    {
        if (query.Class != Protocol.ClassInternet || query.Type is RecordType.Axfr or RecordType.Ixfr or RecordType.Opt)
        {
            (length, result) = (Reply(query, ResponseCode.Refused, reply), DnsResult.Refused);
            return true;
        }
        Span<byte> buffer = stackalloc byte[Protocol.MaxName];
        var keyLength = WireName.WriteKey(query.Name, buffer);
        var key = buffer[..Math.Max(keyLength, 0)];
        if (TryForward(query, key, vantage, table, ref rotation, reply, out length, out result)
            || ServiceAnswer.TryAnswer(query, key, vantage, table, ref rotation, reply, out length, out result))
            return true;
        if (ReverseName.TryParse(key, out var reverse))
            return TryReverse(query, reverse, vantage, table, reply, out length, out result) || TryInternal(query, vantage, reply, out length, out result);
        return TryInternal(query, vantage, reply, out length, out result);
    }

    /// <summary>Name → addresses: the first network that has an address of the asked family answers.</summary>
    private static bool TryForward(
        in Query query, ReadOnlySpan<byte> key, Vantage vantage, NameTable table, ref Rotation rotation, Span<byte> reply, out int length, out DnsResult result)
    {
        (length, result) = (0, DnsResult.NoData);
        var ttl = -1;
        foreach (var network in vantage.Networks)
        {
            if (table.Find(network) is not { } names || Find(names, key) is not { } set)
                continue;
            var here = (int)Math.Max(0, (set.Policy.Ttl ?? names.Ttl).TotalSeconds);
            ttl = ttl < 0 ? here : Math.Min(ttl, here);
            var records = query.Type switch { RecordType.A => set.V4, RecordType.Aaaa => set.V6, _ => [] };
            if (records.IsEmpty)
                continue;
            Span<int> chosen = stackalloc int[Math.Min(records.Length, RecordOrder.MaxRecords)];
            var count = RecordOrder.Choose(records, set.Policy.Preference, vantage.Host, table, ref rotation, chosen);
            var writer = Authoritative(query, reply);
            foreach (var i in chosen[..count])
            {
                if (!writer.TryAddress(records[i].Address, (uint)here))
                    break;
            }
            (length, result) = (writer.Finish(ResponseCode.NoError), DnsResult.Answered);
            return true;
        }
        if (ttl < 0)
            return false;
        (length, result) = query.Type == RecordType.Any
            ? (MinimalAny(query, (uint)ttl, reply), DnsResult.Answered)
            : (Negative(query, ResponseCode.NoError, Protocol.QuestionPointer, (uint)ttl, reply), DnsResult.NoData);
        return true;
    }

    /// <summary>NAME, or NAME.NETWORK.</summary>
    internal static NameSet? Find(NetworkNames names, ReadOnlySpan<byte> key)
    {
        if (names.Find(key) is { } set)
            return set;
        var network = names.Key.Span;
        return key.Length > network.Length + 1 && key[^(network.Length + 1)] == '.' && key.EndsWith(network)
            ? names.Find(key[..^(network.Length + 1)])
            : null;
    }

    private static bool TryReverse(
        in Query query, ReverseName reverse, Vantage vantage, NameTable table, Span<byte> reply, out int length, out DnsResult result)
    {
        if (reverse.IsWhole)
        {
            foreach (var network in vantage.Networks)
            {
                if (table.Find(network) is { } names && names.Holds(reverse.Address))
                {
                    (length, result) = query.Type switch
                    {
                        RecordType.Ptr => (Pointers(query, names, reverse.Address, reply), DnsResult.Answered),
                        RecordType.Any => (MinimalAny(query, Ttl(names), reply), DnsResult.Answered),
                        _ => (Negative(query, ResponseCode.NoError, Protocol.QuestionPointer, Ttl(names), reply), DnsResult.NoData),
                    };
                    return true;
                }
            }
        }
        (length, result) = (0, DnsResult.NameError);
        if (!PrivateZones.Contains(reverse, out var apexLabels))
            return false;
        // Names above an address are not empty: NXDOMAIN there would deny all that is below (RFC 8020).
        var isAbove = reverse.KnownBits < reverse.Address.Bits;
        (var code, result) = isAbove ? (ResponseCode.NoError, DnsResult.NoData) : (ResponseCode.NxDomain, DnsResult.NameError);
        var apex = PointerToApex(query.Name, apexLabels + 2);
        length = Negative(query, code, apex, (uint)NetworkNames.DefaultTtl.TotalSeconds, reply);
        return true;
    }

    /// <summary>
    /// In a sandbox that has internal networks only, foreign names do not exist: NXDOMAIN is final for a client, while
    /// after SERVFAIL or REFUSED it would ask again and wait.
    /// </summary>
    private static bool TryInternal(in Query query, Vantage vantage, Span<byte> reply, out int length, out DnsResult result)
    {
        (length, result) = (0, DnsResult.NameError);
        if (vantage.Forwards)
            return false;
        length = Negative(query, ResponseCode.NxDomain, 0, (uint)NetworkNames.DefaultTtl.TotalSeconds, reply);
        return true;
    }

    private static int Pointers(in Query query, NetworkNames names, Address address, Span<byte> reply)
    {
        var writer = Authoritative(query, reply);
        foreach (var name in names.NamesOf(address))
        {
            if (!writer.TryPointer($"{name}.{names.Name}", Ttl(names)))
                break;
        }
        return writer.Finish(ResponseCode.NoError);
    }

    internal static int MinimalAny(in Query query, uint ttl, Span<byte> reply)
    {
        var writer = Authoritative(query, reply);
        writer.TryMinimalAny(ttl);
        return writer.Finish(ResponseCode.NoError);
    }

    internal static int Negative(in Query query, ResponseCode code, ushort zonePointer, uint ttl, Span<byte> reply)
    {
        var writer = Authoritative(query, reply);
        writer.TrySoa(zonePointer, ttl);
        return writer.Finish(code);
    }

    internal static ReplyWriter Authoritative(in Query query, Span<byte> reply)
    {
        var writer = new ReplyWriter(query, reply);
        writer.MarkAuthoritative();
        return writer;
    }

    internal static uint Ttl(NetworkNames names) => (uint)Math.Max(0, names.Ttl.TotalSeconds);

    /// <summary>A compression pointer to the last <paramref name="labels"/> labels of the question's name.</summary>
    private static ushort PointerToApex(ReadOnlySpan<byte> name, int labels)
    {
        var total = 0;
        for (var at = 0; name[at] != 0; at += 1 + name[at])
            total++;
        var offset = 0;
        for (var skip = total - labels; skip > 0; skip--)
            offset += 1 + name[offset];
        return (ushort)(Protocol.QuestionPointer + offset);
    }
}
