using System.Globalization;
using Overlay.Core.Addressing;

namespace Overlay.Dns.Wire;

/// <summary>An address, or the first part of one, as in-addr.arpa and ip6.arpa spell it.</summary>
/// <param name="Address">Unknown bits are zero.</param>
/// <param name="KnownBits">How much of the address the name gives, in the family's own bits.</param>
/// <param name="HasMore">There are labels below a whole address.</param>
internal readonly record struct ReverseName(Address Address, int KnownBits, bool HasMore)
{
    private static readonly byte[] V4Suffix = ".in-addr.arpa"u8.ToArray();
    private static readonly byte[] V6Suffix = ".ip6.arpa"u8.ToArray();

    public bool IsWhole => KnownBits == Address.Bits && !HasMore;

    /// <param name="key">Lower-case dotted text, most specific label first.</param>
    public static bool TryParse(ReadOnlySpan<byte> key, out ReverseName name)
    {
        name = default;
        return key.EndsWith(V4Suffix) ? TryParse(key[..^V4Suffix.Length], 8, 4, out name)
            : key.EndsWith(V6Suffix) && TryParse(key[..^V6Suffix.Length], 4, 32, out name);
    }

    private static bool TryParse(ReadOnlySpan<byte> labels, int bitsPerLabel, int wholeLabels, out ReverseName name)
    {
        name = default;
        UInt128 value = 0;
        var count = 0;
        while (!labels.IsEmpty && count < wholeLabels)
        {
            var dot = labels.LastIndexOf((byte)'.');
            if (!TryParseLabel(labels[(dot + 1)..], bitsPerLabel, out var part))
                return false;
            value = value << bitsPerLabel | part;
            count++;
            labels = dot < 0 ? default : labels[..dot];
        }
        value <<= (wholeLabels - count) * bitsPerLabel;
        var address = bitsPerLabel == 8 ? Address.V4((uint)value) : new Address(value);
        name = new(address, count * bitsPerLabel, !labels.IsEmpty);
        return count > 0;
    }

    private static bool TryParseLabel(ReadOnlySpan<byte> label, int bits, out byte part)
    {
        part = 0;
        if (bits == 4)
            return label.Length == 1 && byte.TryParse(label, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out part);
        return label.Length is >= 1 and <= 3 && (label.Length == 1 || label[0] != '0')
            && byte.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out part);
    }
}
