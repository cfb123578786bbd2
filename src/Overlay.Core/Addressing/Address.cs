using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Core.Addressing;

/// <summary>
/// An IP address as one 128-bit value; IPv4 as v4-mapped IPv6 (RFC 4291, 2.5.5.2), so that both families share
/// one arithmetic and one ordering.
/// </summary>
public readonly record struct Address(UInt128 Value) : IComparable<Address>
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xffff << 32;

    public bool IsV4 => Value >> 32 == 0xffff;

    /// <summary>Bits of an address of this family: 32 or 128.</summary>
    public int Bits => IsV4 ? 32 : 128;

    public static Address V4(uint value) => new(MappedPrefix | value);

    /// <summary>From 4 or 16 bytes in network order.</summary>
    public static Address FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => V4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(BinaryPrimitives.ReadUInt128BigEndian(bytes)),
        _ => throw new ArgumentException($"an address has 4 or 16 bytes, not {bytes.Length}", nameof(bytes)),
    };

    /// <summary>Writes 4 or 16 bytes in network order; returns how many.</summary>
    public int WriteBytes(Span<byte> destination)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Value);
            return 4;
        }
        BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
        return 16;
    }

    public static Address From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return FromBytes(bytes[..written]);
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteBytes(bytes)]);
    }

    /// <summary>Strict text forms only: four decimal parts, or RFC 4291 text; no zone, no octal, no "10.1".</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Address address)
    {
        address = default;
        if (string.IsNullOrEmpty(text) || text.Contains('%') || text.Contains('['))
            return false;
        if (!text.Contains(':') && !IsDottedQuad(text))
            return false;
        if (!IPAddress.TryParse(text, out var parsed))
            return false;
        address = From(parsed);
        return parsed.AddressFamily == AddressFamily.InterNetwork || !address.IsV4;
    }

    public static Address Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IP address");

    public Address Next(UInt128 steps) => new(Value + steps);

    public int CompareTo(Address other) => Value.CompareTo(other.Value);

    public override string ToString() => ToIPAddress().ToString();

    private static bool IsDottedQuad(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 4
            && parts.All(p => p.Length is 1 or 2 or 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0'));
    }
}
