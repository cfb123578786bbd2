using Overlay.Core.Names;

namespace Overlay.Dns.Wire;

/// <summary>Names as they are in messages: labels with a length before each, ended by the root (RFC 1035, 3.1 and 4.1.4).</summary>
internal static class WireName
{
    /// <summary>Length of an uncompressed name at the start of <paramref name="bytes"/>, root included; -1 when there is none.</summary>
    public static int Measure(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && at < Protocol.MaxName)
        {
            var label = bytes[at];
            if (label == 0)
                return at + 1;
            if (label > Protocol.MaxLabel)
                return -1;
            at += 1 + label;
        }
        return -1;
    }

    /// <summary>
    /// Moves over a name that may be compressed. Each pointer must lead to before the place where it was found last,
    /// so every chain ends, and the name's whole length is bounded.
    /// </summary>
    public static bool TrySkip(ReadOnlySpan<byte> message, ref int position)
    {
        var at = position;
        var end = -1;
        var floor = position;
        var length = 1;
        while (at < message.Length)
        {
            var b = message[at];
            if (b == 0)
            {
                position = end < 0 ? at + 1 : end;
                return true;
            }
            if (b <= Protocol.MaxLabel)
            {
                length += 1 + b;
                if (length > Protocol.MaxName)
                    return false;
                at += 1 + b;
                continue;
            }
            if (b < 0xc0 || at + 1 >= message.Length)
                return false;
            if (end < 0)
                end = at + 2;
            var target = (b & 0x3f) << 8 | message[at + 1];
            if (target >= floor || target < Protocol.HeaderSize)
                return false;
            floor = target;
            at = target;
        }
        return false;
    }

    /// <summary>
    /// Writes a measured name as <see cref="NameKey"/> does; returns its length, or -1 when a label holds a dot or a NUL
    /// itself, for then it is none of ours and its text would be another name's.
    /// </summary>
    public static int WriteKey(ReadOnlySpan<byte> name, Span<byte> key)
    {
        var length = 0;
        for (var at = 0; name[at] != 0;)
        {
            var label = name.Slice(at + 1, name[at]);
            if (label.IndexOfAny((byte)'.', (byte)0) >= 0)
                return -1;
            if (length > 0)
                key[length++] = (byte)'.';
            label.CopyTo(key[length..]);
            length += label.Length;
            at += 1 + label.Length;
        }
        NameKey.ToLower(key[..length]);
        return length;
    }

    /// <summary>Writes dotted text as labels; returns the length, or -1 when it is no name.</summary>
    public static int WriteText(string text, Span<byte> destination)
    {
        var at = 0;
        foreach (var range in text.AsSpan().Split('.'))
        {
            var label = text.AsSpan(range);
            if (label.Length is 0 or > Protocol.MaxLabel || !System.Text.Ascii.IsValid(label)
                || at + label.Length + 2 > Math.Min(destination.Length, Protocol.MaxName))
                return -1;
            destination[at++] = (byte)label.Length;
            System.Text.Encoding.ASCII.GetBytes(label, destination[at..]);
            at += label.Length;
        }
        destination[at++] = 0;
        return at;
    }

    /// <summary>Whether two measured names are one name. Length bytes are below 'A', so folding leaves them alone.</summary>
    public static bool AreEqual(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.Length != b.Length)
            return false;
        for (var i = 0; i < a.Length; i++)
        {
            if (Fold(a[i]) != Fold(b[i]))
                return false;
        }
        return true;
    }

    private static byte Fold(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
}
