using System.Buffers.Binary;

namespace Overlay.Dns.Wire;

/// <summary>What to do with a message before its question is looked at.</summary>
internal enum QueryVerdict
{
    Good,

    /// <summary>Not a query at all: answering a response could make two servers talk for ever.</summary>
    Silence,
    FormErr,
    NotImp,
    BadVersion,
}

/// <summary>One question, read strictly. A view over the datagram, which must outlive it.</summary>
internal readonly ref struct Query
{
    public required ReadOnlySpan<byte> Message { get; init; }

    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Message);

    public HeaderFlags Flags => (HeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(Message[2..]);

    /// <summary>The question's name in wire form; empty when the message has no readable question.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    public RecordType Type { get; init; }

    public ushort Class { get; init; }

    /// <summary>The question section as it came.</summary>
    public ReadOnlySpan<byte> Question => Name.IsEmpty ? default : Message.Slice(Protocol.HeaderSize, Name.Length + 4);

    public bool HasEdns { get; init; }

    /// <summary>The largest UDP answer that the client takes.</summary>
    public int Payload { get; init; }

    /// <summary>The DO bit (RFC 3225): copied into every answer.</summary>
    public bool DnssecOk { get; init; }

    public static QueryVerdict Read(ReadOnlySpan<byte> message, out Query query)
    {
        query = new Query { Message = message, Payload = Protocol.MinPayload };
        if (message.Length < Protocol.HeaderSize || (query.Flags & HeaderFlags.Response) != 0)
            return QueryVerdict.Silence;
        if (((ushort)query.Flags & Protocol.OpcodeMask) != 0)
            return QueryVerdict.NotImp;
        if (Count(message, 0) != 1 || Count(message, 1) != 0 || Count(message, 2) != 0)
            return QueryVerdict.FormErr;
        var nameLength = WireName.Measure(message[Protocol.HeaderSize..]);
        var position = Protocol.HeaderSize + nameLength + 4;
        if (nameLength < 0 || position > message.Length)
            return QueryVerdict.FormErr;
        var question = new Query
        {
            Message = message,
            Payload = Protocol.MinPayload,
            Name = message.Slice(Protocol.HeaderSize, nameLength),
            Type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(message[(position - 4)..]),
            Class = BinaryPrimitives.ReadUInt16BigEndian(message[(position - 2)..]),
        };
        return ReadAdditional(question, position, out query);
    }

    private static QueryVerdict ReadAdditional(Query question, int position, out Query query)
    {
        query = question;
        var message = question.Message;
        var version = 0;
        for (var left = Count(message, 3); left > 0; left--)
        {
            if (!ResourceRecord.TryRead(message, ref position, out var record))
                return QueryVerdict.FormErr;
            if (record.Type != RecordType.Opt)
                continue;
            // A second OPT, an owner other than the root, or broken options: RFC 6891, 6.1.1.
            if (query.HasEdns || message[record.Start] != 0 || !AreOptions(record.Data))
                return QueryVerdict.FormErr;
            version = (int)(record.Ttl >> 16 & 0xff);
            query = new Query
            {
                Message = message,
                Name = question.Name,
                Type = question.Type,
                Class = question.Class,
                HasEdns = true,
                Payload = Math.Clamp((int)record.Class, Protocol.MinPayload, Protocol.MaxPayload),
                DnssecOk = (record.Ttl & 0x8000) != 0,
            };
        }
        if (position != message.Length)
            return QueryVerdict.FormErr;
        return version == 0 ? QueryVerdict.Good : QueryVerdict.BadVersion;
    }

    private static bool AreOptions(ReadOnlySpan<byte> data)
    {
        while (data.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(data[2..]);
            if (length > data.Length - 4)
                return false;
            data = data[(4 + length)..];
        }
        return data.IsEmpty;
    }

    /// <param name="section">0 question, 1 answer, 2 authority, 3 additional.</param>
    internal static int Count(ReadOnlySpan<byte> message, int section) =>
        BinaryPrimitives.ReadUInt16BigEndian(message[(4 + 2 * section)..]);
}
