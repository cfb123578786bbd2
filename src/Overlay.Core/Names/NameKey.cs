using System.Buffers.Binary;
using System.Text;

namespace Overlay.Core.Names;

/// <summary>
/// The form in which names are stored and asked: dotted, ASCII letters lower case, no trailing dot. DNS compares
/// names without regard to the case of ASCII letters only (RFC 4343).
/// </summary>
public static class NameKey
{
    public static byte[] Of(string name)
    {
        var key = Encoding.UTF8.GetBytes(name.TrimEnd('.'));
        ToLower(key);
        return key;
    }

    public static void ToLower(Span<byte> name) => Ascii.ToLowerInPlace(name, out _);

    /// <summary>Eight bytes a step; good enough mixing for a trie that takes five bits a level.</summary>
    public static ulong Hash(ReadOnlySpan<byte> key)
    {
        const ulong multiplier = 0x9E3779B97F4A7C15;
        var hash = (ulong)key.Length * multiplier;
        while (key.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * multiplier;
            key = key[8..];
        }
        ulong tail = 0;
        foreach (var b in key)
            tail = tail << 8 | b;
        return Mix(Mix(hash ^ tail) * multiplier);
    }

    private static ulong Mix(ulong value) => value ^ value >> 32;
}
