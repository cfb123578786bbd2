using System.Buffers.Binary;
using Overlay.Core.Names;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Forwarding;

/// <summary>An upstream server's answer, checked through and through, without its OPT record; immutable.</summary>
internal sealed class ForeignAnswer
{
    private static readonly TimeSpan MaxTtl = TimeSpan.FromDays(1);

    /// <summary>RFC 2308, 5: a denial is not believed for long, whatever it says.</summary>
    private static readonly TimeSpan MaxNegativeTtl = TimeSpan.FromMinutes(15);

    private readonly byte[] _message;
    private readonly int[] _ttlOffsets;

    private ForeignAnswer(byte[] message, int[] ttlOffsets, ResponseCode code, TimeSpan ttl)
    {
        _message = message;
        _ttlOffsets = ttlOffsets;
        Code = code;
        Ttl = ttl;
    }

    public ResponseCode Code { get; }

    /// <summary>How long it may be kept; zero: not at all.</summary>
    public TimeSpan Ttl { get; }

    public UpstreamServer? From { get; private init; }

    public int Size => _message.Length;

    /// <summary>Says something about the name, rather than about the server's state.</summary>
    public bool IsFinal => Code is ResponseCode.NoError or ResponseCode.NxDomain;

    /// <summary>Reads a message whose header and question were found to match; null: it is broken.</summary>
    public static ForeignAnswer? Read(ReadOnlySpan<byte> message, UpstreamServer? from = null)
    {
        var position = Protocol.HeaderSize;
        if (!WireName.TrySkip(message, ref position))
            return null;
        position += 4;
        if (position > message.Length)
            return null;
        var scan = new Scan { Code = message[3] & Protocol.RcodeMask };
        for (var section = 1; section <= 3; section++)
        {
            for (var left = Query.Count(message, section); left > 0; left--)
            {
                if (!ResourceRecord.TryRead(message, ref position, out var record))
                    return null;
                scan.Take(record, section);
            }
        }
        var end = scan.End ?? position;
        var kept = message[..end].ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(kept.AsSpan(10), (ushort)scan.Additionals);
        var code = (ResponseCode)scan.Code;
        return new(kept, [.. scan.TtlOffsets], code, TtlOf(code, Query.Count(message, 1) > 0, scan)) { From = from };
    }

    /// <summary>Writes it as the reply to a client's question; what does not fit becomes a truncated reply.</summary>
    public int Write(in Query query, TimeSpan age, Span<byte> reply)
    {
        if (_message.Length + (query.HasEdns ? Protocol.OptSize : 0) > reply.Length)
        {
            var writer = new ReplyWriter(query, reply);
            writer.MarkTruncated();
            return writer.Finish(Code);
        }
        _message.CopyTo(reply);
        // The client's own question, so that the case of its letters comes back as it was sent.
        query.Question.CopyTo(reply[Protocol.HeaderSize..]);
        BinaryPrimitives.WriteUInt16BigEndian(reply, query.Id);
        var theirs = (HeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(_message.AsSpan(2)) & HeaderFlags.AuthenticData;
        var ours = HeaderFlags.Response | HeaderFlags.RecursionAvailable
            | query.Flags & (HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled);
        BinaryPrimitives.WriteUInt16BigEndian(reply[2..], (ushort)((int)(theirs | ours) | (int)Code & Protocol.RcodeMask));
        var seconds = (uint)age.TotalSeconds;
        foreach (var offset in _ttlOffsets)
        {
            var ttl = BinaryPrimitives.ReadUInt32BigEndian(reply[offset..]);
            BinaryPrimitives.WriteUInt32BigEndian(reply[offset..], ttl > seconds ? ttl - seconds : 0);
        }
        if (!query.HasEdns)
            return _message.Length;
        BinaryPrimitives.WriteUInt16BigEndian(reply[10..], (ushort)(Query.Count(reply, 3) + 1));
        return _message.Length + ReplyWriter.WriteOpt(reply[_message.Length..], Protocol.OurPayload, (int)Code >> 4, query.DnssecOk);
    }

    private static TimeSpan TtlOf(ResponseCode code, bool hasAnswers, Scan scan)
    {
        var isDenial = code == ResponseCode.NxDomain || !hasAnswers;
        var seconds = code is not (ResponseCode.NoError or ResponseCode.NxDomain) ? 0
            : isDenial ? Math.Min(scan.MinTtl, scan.DenialTtl ?? 0)
            : scan.MinTtl;
        var ttl = TimeSpan.FromSeconds(seconds);
        var most = isDenial ? MaxNegativeTtl : MaxTtl;
        return ttl < most ? ttl : most;
    }

    private sealed class Scan
    {
        public int Code { get; set; }

        /// <summary>Where the OPT record began; what follows it is left out as well, for names in it may point into it.</summary>
        public int? End { get; private set; }

        public int Additionals { get; private set; }

        public List<int> TtlOffsets { get; } = [];

        public uint MinTtl { get; private set; } = uint.MaxValue;

        public uint? DenialTtl { get; private set; }

        public void Take(in ResourceRecord record, int section)
        {
            if (End is not null)
                return;
            if (record.Type == RecordType.Opt)
            {
                if (section == 3)
                {
                    End = record.Start;
                    Code |= (int)(record.Ttl >> 24) << 4;
                }
                return;
            }
            TtlOffsets.Add(record.TtlOffset);
            // RFC 2181, 8: a TTL with the highest bit set is zero.
            MinTtl = Math.Min(MinTtl, record.Ttl > int.MaxValue ? 0 : record.Ttl);
            if (section == 3)
                Additionals++;
            if (section == 2 && record.Type == RecordType.Soa && record.Data.Length >= 22)
                DenialTtl = BinaryPrimitives.ReadUInt32BigEndian(record.Data[^4..]);
        }
    }
}
