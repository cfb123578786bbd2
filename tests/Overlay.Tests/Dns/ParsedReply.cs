using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Overlay.Tests.Dns;

/// <summary>A reply as a client reads it; a plain reader of its own, which throws on anything that is not well formed.</summary>
internal sealed record ParsedReply(ushort Id, ushort Flags, string QuestionName, ushort QuestionType, IReadOnlyList<ParsedRecord> Records)
{
    public int Code => Flags & 15 | (Opt is null ? 0 : (int)(Opt.Ttl >> 24) << 4);

    public bool IsAuthoritative => (Flags & 0x0400) != 0;

    public bool IsTruncated => (Flags & 0x0200) != 0;

    public IReadOnlyList<ParsedRecord> Answers => [.. Records.Where(r => r.Section == 1)];

    public IReadOnlyList<string> Addresses => [.. Answers.Where(r => r.Data.Length is 4 or 16).Select(r => new IPAddress(r.Data).ToString())];

    public ParsedRecord? Soa => Records.SingleOrDefault(r => r is { Section: 2, Type: Packets.Soa });

    public ParsedRecord? Opt => Records.SingleOrDefault(r => r.Type == Packets.Opt);

    public static ParsedReply Read(ReadOnlySpan<byte> m)
    {
        if ((m[2] & 0x80) == 0)
            throw new FormatException("not a response");
        var at = 12;
        var (name, type) = ("", (ushort)0);
        for (var i = U16(m, 4); i > 0; i--)
        {
            name = Name(m, ref at);
            type = U16(m, at);
            at += 4;
        }
        var records = new List<ParsedRecord>();
        for (var section = 1; section <= 3; section++)
        {
            for (var i = U16(m, 4 + 2 * section); i > 0; i--)
            {
                var owner = Name(m, ref at);
                var length = U16(m, at + 8);
                var dataAt = U16(m, at) == Packets.Srv ? at + 16 : at + 10;
                var text = U16(m, at) is Packets.Ptr or Packets.Srv ? Name(m, ref dataAt) : "";
                records.Add(new(section, owner, U16(m, at), U16(m, at + 2), BinaryPrimitives.ReadUInt32BigEndian(m[(at + 4)..]), m.Slice(at + 10, length).ToArray(), text));
                at += 10 + length;
            }
        }
        return at == m.Length ? new(U16(m, 0), U16(m, 2), name, type, records) : throw new FormatException("bytes after the message");
    }

    private static string Name(ReadOnlySpan<byte> m, ref int at)
    {
        var text = new StringBuilder();
        var here = at;
        var jumped = false;
        while (m[here] != 0)
        {
            if (m[here] >= 0xc0)
            {
                if (!jumped)
                    at = here + 2;
                jumped = true;
                var target = (m[here] & 63) << 8 | m[here + 1];
                here = target < here ? target : throw new FormatException("a pointer forward");
                continue;
            }
            text.Append(Encoding.Latin1.GetString(m.Slice(here + 1, m[here]))).Append('.');
            here += m[here] + 1;
        }
        if (!jumped)
            at = here + 1;
        return text.ToString();
    }

    private static ushort U16(ReadOnlySpan<byte> m, int at) => BinaryPrimitives.ReadUInt16BigEndian(m[at..]);
}

internal sealed record ParsedRecord(int Section, string Owner, ushort Type, ushort Class, uint Ttl, byte[] Data, string Target);
