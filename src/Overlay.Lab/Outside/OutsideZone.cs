using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Overlay.Lab.Outside;

/// <summary>
/// The names that the outside world knows, and its answers to DNS queries (RFC 1035). It knows nothing else and asks
/// nobody: every other name does not exist, at once.
/// <list type="bullet">
/// <item>web.outside.test, ns.outside.test: its own addresses, both families</item>
/// <item>many.outside.test: eight A records</item>
/// <item>big.outside.test: a TXT of 2,000 bytes, which needs TCP</item>
/// </list>
/// </summary>
internal sealed class OutsideZone(IPAddress address, IPAddress address6)
{
    public const string Suffix = "outside.test";

    private const int HeaderSize = 12;
    private const int MaxUdp = 512;
    private const ushort TypeA = 1;
    private const ushort TypeTxt = 16;
    private const ushort TypeAaaa = 28;
    private const byte Ttl = 60;
    private const int ManyAddresses = 8;
    private const int BigStrings = 10;
    private const int BigStringLength = 200;

    /// <summary>Null for what is not one well-formed question: silence.</summary>
    public byte[]? Answer(ReadOnlySpan<byte> query, bool overTcp)
    {
        if (!TryReadQuestion(query, out var name, out var type, out var end))
        {
            return null;
        }
        var known = Records(name, type);
        var reply = Render(query[..end], known ?? [], known is null, truncated: false);
        return overTcp || reply.Length <= MaxUdp ? reply : Render(query[..end], [], false, truncated: true);
    }

    // Null: no such name. Empty: the name exists, without this type.
    private List<byte[]>? Records(string name, ushort type) => (name, type) switch
    {
        ("web." + Suffix or "ns." + Suffix, TypeA) => [address.GetAddressBytes()],
        ("web." + Suffix or "ns." + Suffix, TypeAaaa) => [address6.GetAddressBytes()],
        ("many." + Suffix, TypeA) => [.. Enumerable.Range(1, ManyAddresses).Select(n => new byte[] { 198, 51, 100, (byte)n })],
        ("big." + Suffix, TypeTxt) => [Big()],
        (Suffix or "web." + Suffix or "ns." + Suffix or "many." + Suffix or "big." + Suffix, _) => [],
        _ => null,
    };

    private static byte[] Big() =>
        [.. Enumerable.Range(0, BigStrings).SelectMany(_ => Enumerable.Repeat((byte)'x', BigStringLength).Prepend((byte)BigStringLength))];

    private static byte[] Render(ReadOnlySpan<byte> question, List<byte[]> records, bool noSuchName, bool truncated)
    {
        var reply = new List<byte>(question.ToArray());
        // QR, AA, TC, the query's RD; RA, RCODE 3 = NXDOMAIN.
        reply[2] = (byte)(0x84 | (truncated ? 0x02 : 0) | (question[2] & 0x01));
        reply[3] = (byte)(0x80 | (noSuchName ? 3 : 0));
        reply[6] = 0;
        reply[7] = (byte)records.Count;
        // What follows the question in the query, EDNS say, is not repeated.
        for (var i = 8; i < HeaderSize; i++)
        {
            reply[i] = 0;
        }
        var type = question[^4..^2];
        foreach (var data in records)
        {
            // The name as a pointer to the question's, the question's type, class IN.
            reply.AddRange([0xc0, HeaderSize, type[0], type[1], 0, 1, 0, 0, 0, Ttl, (byte)(data.Length >> 8), (byte)data.Length]);
            reply.AddRange(data);
        }
        return [.. reply];
    }

    private static bool TryReadQuestion(ReadOnlySpan<byte> query, out string name, out ushort type, out int end)
    {
        name = "";
        type = 0;
        end = HeaderSize;
        if (query.Length < HeaderSize || (query[2] & 0x80) != 0 || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1)
        {
            return false;
        }
        var labels = new List<string>();
        while (end < query.Length && query[end] is > 0 and < 64 and var length && end + 1 + length < query.Length)
        {
            labels.Add(Encoding.ASCII.GetString(query.Slice(end + 1, length)).ToLowerInvariant());
            end += 1 + length;
        }
        if (end + 5 > query.Length || query[end] != 0)
        {
            return false;
        }
        type = BinaryPrimitives.ReadUInt16BigEndian(query[(end + 1)..]);
        end += 5;
        name = string.Join('.', labels);
        return true;
    }
}
