using System.Buffers.Binary;
using Overlay.Core.Names;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Forwarding;

/// <summary>A question on its way to an upstream server; made when the cache has no answer.</summary>
internal sealed class ForwardRequest
{
    public const int MaxKeySize = NameAt + Protocol.MaxName;

    private const int NameAt = ForwardPlan.ScopeSize + 3;

    private readonly byte[] _question;
    private readonly HeaderFlags _flags;
    private readonly bool _hasEdns;
    private readonly bool _dnssecOk;

    public ForwardRequest(in Query query, ReadOnlySpan<byte> key)
    {
        Key = key.ToArray();
        _question = query.Question.ToArray();
        _flags = query.Flags & AskedFlags;
        _hasEdns = query.HasEdns;
        _dnssecOk = query.DnssecOk;
    }

    /// <summary>Who is asked, with which flags, for what: questions with equal keys have one answer.</summary>
    public byte[] Key { get; }

    /// <summary>In wire form and lower case.</summary>
    public ReadOnlySpan<byte> Name => Key.AsSpan(NameAt);

    private static HeaderFlags AskedFlags => HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled | HeaderFlags.AuthenticData;

    public static int WriteKey(in Query query, ForwardPlan plan, Span<byte> key)
    {
        plan.Scope.CopyTo(key);
        var at = ForwardPlan.ScopeSize;
        key[at++] = (byte)((int)(query.Flags & AskedFlags) >> 4 & 0x1f | (query.HasEdns ? 0x40 : 0) | (query.DnssecOk ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(key[at..], (ushort)query.Type);
        at += 2;
        query.Name.CopyTo(key[at..]);
        NameKey.ToLower(key.Slice(at, query.Name.Length));
        return at + query.Name.Length;
    }

    /// <summary>
    /// Writes the question as we ask it. EDNS is used as the client used it, so a server that does not know it is seen by
    /// a client that can do without; the client's options are between it and us (RFC 6891, 6.2.6) and are not passed on.
    /// </summary>
    public int Write(ushort id, Span<byte> message)
    {
        message[..Protocol.HeaderSize].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        // RD as the client set it; CD and AD likewise.
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)_flags);
        message[5] = 1;
        _question.CopyTo(message[Protocol.HeaderSize..]);
        var length = Protocol.HeaderSize + _question.Length;
        if (!_hasEdns)
            return length;
        message[11] = 1;
        return length + ReplyWriter.WriteOpt(message[length..], Protocol.OurPayload, 0, _dnssecOk);
    }

    /// <summary>Whether a message answers exactly this: id, response, one question, and that question.</summary>
    public bool IsAnsweredBy(ReadOnlySpan<byte> message, ushort id)
    {
        if (message.Length < Protocol.HeaderSize + _question.Length
            || BinaryPrimitives.ReadUInt16BigEndian(message) != id
            || (message[2] & 0xf8) != 0x80
            || Query.Count(message, 0) != 1)
            return false;
        var theirs = message.Slice(Protocol.HeaderSize, _question.Length);
        return WireName.AreEqual(theirs[..^4], _question.AsSpan(0, _question.Length - 4))
            && theirs[^4..].SequenceEqual(_question.AsSpan(_question.Length - 4));
    }
}
