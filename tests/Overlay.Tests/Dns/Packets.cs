using System.Buffers.Binary;
using System.Text;

namespace Overlay.Tests.Dns;

/// <summary>Messages written by hand, independent of the codec under test.</summary>
internal static class Packets
{
    public const ushort A = 1, Soa = 6, Ptr = 12, HInfo = 13, Aaaa = 28, Srv = 33, Opt = 41, Any = 255;

    public static byte[] Query(string name, ushort type = A, ushort id = 0x1234, ushort flags = 0x0100, ushort dnsClass = 1, int edns = 0, bool dnssec = false) =>
        [.. U16(id), .. U16(flags), .. U16(1), .. U16(0), .. U16(0), .. U16((ushort)(edns > 0 ? 1 : 0)),
            .. Name(name), .. U16(type), .. U16(dnsClass), .. edns > 0 ? OptRecord(edns, dnssec) : []];

    public static byte[] OptRecord(int payload, bool dnssec = false, byte version = 0, params byte[] options) =>
        [0, .. U16(Opt), .. U16((ushort)payload), 0, version, .. U16((ushort)(dnssec ? 0x8000 : 0)), .. U16((ushort)options.Length), .. options];

    public static byte[] Record(byte[] owner, ushort type, uint ttl, byte[] data) =>
        [.. owner, .. U16(type), .. U16(1), .. U32(ttl), .. U16((ushort)data.Length), .. data];

    /// <summary>An answer to a query, with the question copied from it.</summary>
    public static byte[] Reply(ReadOnlySpan<byte> query, int code, byte[][] answers, byte[][]? authority = null, ushort flags = 0x8180)
    {
        var end = 12;
        while (query[end] != 0)
            end += query[end] + 1;
        return [query[0], query[1], .. U16((ushort)(flags | code)), .. U16(1), .. U16((ushort)answers.Length), .. U16((ushort)(authority?.Length ?? 0)), 0, 0,
            .. query[12..(end + 5)], .. answers.SelectMany(a => a), .. (authority ?? []).SelectMany(a => a)];
    }

    public static byte[] Name(string text) =>
        [.. text.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(l => (byte[])[(byte)l.Length, .. Encoding.ASCII.GetBytes(l)]), 0];

    public static byte[] U16(ushort value) => [(byte)(value >> 8), (byte)value];

    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
