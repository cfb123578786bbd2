using System.Buffers.Binary;
using Overlay.Core.Addressing;

namespace Overlay.Dns.Wire;

/// <summary>
/// Writes one reply into a buffer that is exactly as large as the client takes. A record that does not fit is refused
/// whole, and the reply is marked truncated; room for the OPT record is kept from the start.
/// </summary>
internal ref struct ReplyWriter
{
    /// <summary>How far into a message a compression pointer reaches.</summary>
    private const int MaxPointer = 0x3fff;

    private readonly Span<byte> _buffer;
    private readonly Query _query;
    private readonly int _limit;
    private HeaderFlags _flags;
    private int _answers;
    private int _authorities;
    private int _additionals;
    private int _position;

    public ReplyWriter(in Query query, Span<byte> buffer)
    {
        _query = query;
        _buffer = buffer;
        _limit = buffer.Length - (query.HasEdns ? Protocol.OptSize : 0);
        // RFC 1035: RD is copied; RFC 4035, 3.2.2: so is CD.
        _flags = HeaderFlags.Response | HeaderFlags.RecursionAvailable
            | query.Flags & (HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled);
        query.Question.CopyTo(buffer[Protocol.HeaderSize..]);
        _position = Protocol.HeaderSize + query.Question.Length;
    }

    public readonly bool IsTruncated => (_flags & HeaderFlags.Truncated) != 0;

    public void MarkAuthoritative() => _flags |= HeaderFlags.Authoritative;

    public void MarkTruncated() => _flags |= HeaderFlags.Truncated;

    /// <summary>An A or AAAA record of the question's name.</summary>
    public bool TryAddress(Address address, uint ttl)
    {
        if (!TryAddress(Protocol.QuestionPointer, address, ttl))
            return false;
        _answers++;
        return true;
    }

    private bool TryAddress(ushort ownerPointer, Address address, uint ttl)
    {
        if (!TryStart(ownerPointer, address.IsV4 ? RecordType.A : RecordType.Aaaa, ttl, address.IsV4 ? 4 : 16))
            return false;
        _position += address.WriteBytes(_buffer[_position..]);
        return true;
    }

    /// <summary>A PTR record of the question's name; text that is no name is left out.</summary>
    public bool TryPointer(string target, uint ttl)
    {
        Span<byte> name = stackalloc byte[Protocol.MaxName];
        var length = WireName.WriteText(target, name);
        if (length < 0)
            return true;
        if (!TryStart(Protocol.QuestionPointer, RecordType.Ptr, ttl, length))
            return false;
        Append(name[..length]);
        _answers++;
        return true;
    }

    /// <summary>
    /// An SRV record of the question's name. Its target is written out, as RFC 2782 asks, so that additional records
    /// can point to it: at <paramref name="targetPointer"/>, 0 when nothing was written.
    /// </summary>
    public bool TryService(ushort weight, ushort port, string target, uint ttl, out ushort targetPointer)
    {
        targetPointer = 0;
        Span<byte> name = stackalloc byte[Protocol.MaxName];
        var length = WireName.WriteText(target, name);
        if (length < 0)
            return true;
        if (!TryStart(Protocol.QuestionPointer, RecordType.Srv, ttl, 6 + length))
            return false;
        AppendUInt16(0);
        AppendUInt16(weight);
        AppendUInt16(port);
        if (_position <= MaxPointer)
            targetPointer = (ushort)(0xc000 | _position);
        Append(name[..length]);
        _answers++;
        return true;
    }

    /// <summary>An address of another name that the answer speaks of: left out, without a word, where it does not fit.</summary>
    public void AddAddress(ushort ownerPointer, Address address, uint ttl)
    {
        var flags = _flags;
        if (TryAddress(ownerPointer, address, ttl))
            _additionals++;
        _flags = flags;
    }

    /// <summary>RFC 8482, 4.2: the answer to ANY is one HINFO record that says so.</summary>
    public bool TryMinimalAny(uint ttl)
    {
        ReadOnlySpan<byte> data = "\u0007RFC8482\0"u8;
        if (!TryStart(Protocol.QuestionPointer, RecordType.HInfo, ttl, data.Length))
            return false;
        Append(data);
        _answers++;
        return true;
    }

    /// <summary>The SOA record that says how long a negative answer holds (RFC 2308).</summary>
    /// <param name="zonePointer">Compression pointer to the zone's apex; 0: the root.</param>
    public bool TrySoa(ushort zonePointer, uint ttl)
    {
        ReadOnlySpan<byte> mailbox = "\u0006nobody\u0007invalid\0"u8;
        const int timers = 20;
        var apexSize = zonePointer == 0 ? 1 : 2;
        if (!TryStart(zonePointer, RecordType.Soa, ttl, apexSize + mailbox.Length + timers))
            return false;
        AppendApex(zonePointer);
        Append(mailbox);
        AppendUInt32(1);
        AppendUInt32(3600);
        AppendUInt32(1200);
        AppendUInt32(604800);
        AppendUInt32(ttl);
        _authorities++;
        return true;
    }

    /// <summary>Completes the header and the OPT record; returns the reply's length.</summary>
    public int Finish(ResponseCode code)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer, _query.Id);
        var opcode = (ushort)_query.Flags & Protocol.OpcodeMask;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[2..], (ushort)((ushort)_flags | opcode | (int)code & Protocol.RcodeMask));
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[4..], (ushort)(_query.Name.IsEmpty ? 0 : 1));
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[6..], (ushort)_answers);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[8..], (ushort)_authorities);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[10..], (ushort)(_additionals + (_query.HasEdns ? 1 : 0)));
        if (_query.HasEdns)
            _position += WriteOpt(_buffer[_position..], Protocol.OurPayload, (int)code >> 4, _query.DnssecOk);
        return _position;
    }

    /// <summary>Writes an OPT record without options.</summary>
    public static int WriteOpt(Span<byte> destination, ushort payload, int extendedCode, bool dnssecOk)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(destination[3..], payload);
        BinaryPrimitives.WriteUInt32BigEndian(destination[5..], (uint)extendedCode << 24 | (dnssecOk ? 0x8000u : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[9..], 0);
        return Protocol.OptSize;
    }

    private bool TryStart(ushort ownerPointer, RecordType type, uint ttl, int dataLength)
    {
        var ownerSize = ownerPointer == 0 ? 1 : 2;
        if (_position + ownerSize + 10 + dataLength > _limit)
        {
            MarkTruncated();
            return false;
        }
        AppendApex(ownerPointer);
        AppendUInt16((ushort)type);
        AppendUInt16(Protocol.ClassInternet);
        AppendUInt32(ttl);
        AppendUInt16((ushort)dataLength);
        return true;
    }

    private void AppendApex(ushort pointer)
    {
        if (pointer == 0)
            _buffer[_position++] = 0;
        else
            AppendUInt16(pointer);
    }

    private void AppendUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[_position..], value);
        _position += 2;
    }

    private void AppendUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_buffer[_position..], value);
        _position += 4;
    }

    private void Append(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[_position..]);
        _position += bytes.Length;
    }
}
