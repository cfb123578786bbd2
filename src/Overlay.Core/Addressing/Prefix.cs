using System.Diagnostics.CodeAnalysis;

namespace Overlay.Core.Addressing;

/// <summary>A CIDR block. <see cref="Base"/> has no host bits; <see cref="Length"/> counts in the family's own bits.</summary>
public readonly record struct Prefix : IComparable<Prefix>
{
    public Prefix(Address address, int length)
    {
        if (length < 0 || length > address.Bits)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"a prefix of {address} has 0 to {address.Bits} bits");
        Length = length;
        var mask = HostMask(address.Bits - length);
        Base = new Address(address.Value & ~mask);
    }

    public Address Base { get; }

    public int Length { get; }

    public bool IsV4 => Base.IsV4;

    /// <summary>The last address of the block (IPv4: the broadcast address).</summary>
    public Address Last => new(Base.Value | HostMask(Base.Bits - Length));

    /// <summary>How many addresses; saturates at UInt128.MaxValue for ::/0.</summary>
    public UInt128 Size => Base.Bits - Length >= 128 ? UInt128.MaxValue : UInt128.One << (Base.Bits - Length);

    public bool Contains(Address address) =>
        address.IsV4 == IsV4 && address.Value >= Base.Value && address.Value <= Last.Value;

    public bool Contains(Prefix other) => Contains(other.Base) && other.Length >= Length;

    public bool Overlaps(Prefix other) => Contains(other.Base) || other.Contains(Base);

    /// <summary>Parses "10.1.0.0/24"; <paramref name="hostBits"/> tells whether the text had host bits set ("10.1.0.7/24").</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Prefix prefix, out bool hostBits)
    {
        prefix = default;
        hostBits = false;
        var slash = text?.IndexOf('/') ?? -1;
        if (slash < 0 || !Address.TryParse(text![..slash], out var address))
            return false;
        var digits = text[(slash + 1)..];
        if (digits.Length is 0 or > 3 || !digits.All(char.IsAsciiDigit))
            return false;
        var length = int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        if (length > address.Bits)
            return false;
        prefix = new Prefix(address, length);
        hostBits = prefix.Base != address;
        return true;
    }

    public static Prefix Parse(string text) =>
        TryParse(text, out var prefix, out _) ? prefix : throw new FormatException($"'{text}' is not a subnet like 10.1.0.0/24");

    public int CompareTo(Prefix other)
    {
        var byBase = Base.CompareTo(other.Base);
        return byBase != 0 ? byBase : Length.CompareTo(other.Length);
    }

    public override string ToString() => $"{Base}/{Length}";

    private static UInt128 HostMask(int hostBits) => hostBits >= 128 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;
}
