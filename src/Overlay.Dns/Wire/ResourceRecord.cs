using System.Buffers.Binary;

namespace Overlay.Dns.Wire;

/// <summary>A record where it lies in a message.</summary>
internal readonly ref struct ResourceRecord
{
    private const int FixedSize = 10;

    /// <summary>Where its owner's name begins.</summary>
    public required int Start { get; init; }

    /// <summary>Where its TTL is.</summary>
    public required int TtlOffset { get; init; }

    public required RecordType Type { get; init; }

    public required ushort Class { get; init; }

    public required uint Ttl { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }

    /// <summary>Reads the record at <paramref name="position"/> and moves behind it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int position, out ResourceRecord record)
    {
        record = default;
        var start = position;
        if (!WireName.TrySkip(message, ref position) || message.Length - position < FixedSize)
            return false;
        var fields = message[position..];
        var length = BinaryPrimitives.ReadUInt16BigEndian(fields[8..]);
        if (length > fields.Length - FixedSize)
            return false;
        record = new ResourceRecord
        {
            Start = start,
            TtlOffset = position + 4,
            Type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(fields),
            Class = BinaryPrimitives.ReadUInt16BigEndian(fields[2..]),
            Ttl = BinaryPrimitives.ReadUInt32BigEndian(fields[4..]),
            Data = fields.Slice(FixedSize, length),
        };
        position += FixedSize + length;
        return true;
    }
}
