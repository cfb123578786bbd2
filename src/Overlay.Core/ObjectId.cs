using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Overlay.Core;

/// <summary>A random 128-bit id; 32 lower-case hex digits, short form the first 12.</summary>
public readonly record struct ObjectId(UInt128 Value) : IComparable<ObjectId>
{
    public string Short => ToString()[..12];

    /// <summary>The first 11 hex digits: what fits behind a three-letter prefix in a link's name (IFNAMSIZ is 15 + NUL).</summary>
    public string LinkSuffix => ToString()[..11];

    public static ObjectId FromBytes(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes[..16]));

    public static bool TryParse([NotNullWhen(true)] string? text, out ObjectId id)
    {
        id = default;
        if (text is not { Length: 32 } || !UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            return false;
        id = new(value);
        return true;
    }

    public static ObjectId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not an id of 32 hex digits");

    public int CompareTo(ObjectId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
