using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Overlay.Core.Addressing;

/// <summary>A 48-bit MAC address in the low bits of <see cref="Value"/>.</summary>
public readonly record struct MacAddress(ulong Value)
{
    public bool IsMulticast => (Value >> 40 & 1) != 0;

    public bool IsLocal => (Value >> 40 & 2) != 0;

    /// <summary>Makes a unicast, locally administered address of 46 bits of randomness.</summary>
    public static MacAddress FromRandom(ReadOnlySpan<byte> random)
    {
        var mac = FromBytes(random[..6]);
        return new(mac.Value & ~(1UL << 40) | 2UL << 40);
    }

    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (var b in bytes[..6])
            value = value << 8 | b;
        return new(value);
    }

    public void WriteBytes(Span<byte> destination)
    {
        for (var i = 0; i < 6; i++)
            destination[i] = (byte)(Value >> (40 - 8 * i));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out MacAddress mac)
    {
        mac = default;
        var parts = text?.Split(text.Contains('-') ? '-' : ':');
        if (parts is not { Length: 6 })
            return false;
        ulong value = 0;
        foreach (var part in parts)
        {
            if (part.Length != 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
                return false;
            value = value << 8 | b;
        }
        mac = new(value);
        return true;
    }

    public static MacAddress Parse(string text) =>
        TryParse(text, out var mac) ? mac : throw new FormatException($"'{text}' is not a MAC address like 02:42:0a:01:00:02");

    public override string ToString()
    {
        Span<byte> b = stackalloc byte[6];
        WriteBytes(b);
        return $"{b[0]:x2}:{b[1]:x2}:{b[2]:x2}:{b[3]:x2}:{b[4]:x2}:{b[5]:x2}";
    }
}
