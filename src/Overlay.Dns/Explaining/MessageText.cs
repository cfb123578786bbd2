using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Overlay.Core.Addressing;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Explaining;

/// <summary>Messages as people read them, in the form of zone files; types without a form of their own as RFC 3597 has them.</summary>
internal static class MessageText
{
    public static string CodeOf(ReadOnlySpan<byte> message) => ((ResponseCode)(message[3] & Protocol.RcodeMask)).ToString().ToUpperInvariant();

    /// <summary>The records of one section.</summary>
    public static IReadOnlyList<string> Section(ReadOnlySpan<byte> message, int wanted)
    {
        var lines = new List<string>();
        var position = Protocol.HeaderSize;
        if (Query.Count(message, 0) == 0 || !WireName.TrySkip(message, ref position))
            return lines;
        position += 4;
        for (var section = 1; section <= wanted; section++)
        {
            for (var left = Query.Count(message, section); left > 0; left--)
            {
                if (!ResourceRecord.TryRead(message, ref position, out var record))
                    return lines;
                if (section == wanted)
                    lines.Add($"{NameAt(message, record.Start)}\t{record.Ttl}\tIN\t{TypeText(record.Type)}\t{Data(message, record, position - record.Data.Length)}");
            }
        }
        return lines;
    }

    public static string TypeText(RecordType type) => Enum.IsDefined(type)
        ? type.ToString().ToUpperInvariant()
        : string.Create(CultureInfo.InvariantCulture, $"TYPE{(ushort)type}");

    private static string Data(ReadOnlySpan<byte> message, in ResourceRecord record, int at)
    {
        var data = record.Data;
        return record.Type switch
        {
            RecordType.A when data.Length == 4 => Address.FromBytes(data).ToString(),
            RecordType.Aaaa when data.Length == 16 => Address.FromBytes(data).ToString(),
            RecordType.Ns or RecordType.Cname or RecordType.Ptr => NameAt(message, at),
            RecordType.Mx when data.Length > 2 => $"{U16(data)} {NameAt(message, at + 2)}",
            RecordType.Srv when data.Length > 6 => $"{U16(data)} {U16(data[2..])} {U16(data[4..])} {NameAt(message, at + 6)}",
            RecordType.Soa => Soa(message, data, at),
            RecordType.Txt or RecordType.HInfo => Strings(data),
            _ => $"\\# {data.Length} {Convert.ToHexStringLower(data)}",
        };
    }

    private static string Soa(ReadOnlySpan<byte> message, ReadOnlySpan<byte> data, int at)
    {
        var mailbox = at;
        var numbers = new List<uint>();
        if (data.Length >= 22 && WireName.TrySkip(message, ref mailbox))
        {
            for (var i = data.Length - 20; i < data.Length; i += 4)
                numbers.Add(BinaryPrimitives.ReadUInt32BigEndian(data[i..]));
        }
        return $"{NameAt(message, at)} {NameAt(message, mailbox)} {string.Join(' ', numbers)}";
    }

    private static string Strings(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        while (!data.IsEmpty)
        {
            var length = Math.Min(data[0], data.Length - 1);
            text.Append(text.Length > 0 ? " \"" : "\"");
            Append(text, data.Slice(1, length));
            text.Append('"');
            data = data[(1 + length)..];
        }
        return text.ToString();
    }

    private static string NameAt(ReadOnlySpan<byte> message, int at)
    {
        var end = at;
        if (!WireName.TrySkip(message, ref end))
            return "?";
        var text = new StringBuilder();
        while (message[at] != 0)
        {
            if (message[at] > Protocol.MaxLabel)
            {
                at = (message[at] & 0x3f) << 8 | message[at + 1];
                continue;
            }
            Append(text, message.Slice(at + 1, message[at]));
            text.Append('.');
            at += 1 + message[at];
        }
        return text.Length == 0 ? "." : text.ToString();
    }

    // What an upstream server sent ends on a terminal.
    private static void Append(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (b is > (byte)' ' and < 0x7f and not ((byte)'"' or (byte)'\\'))
                text.Append((char)b);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\{b:000}");
        }
    }

    private static ushort U16(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt16BigEndian(data);
}
