using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Netlink;

/// <summary>Walks attributes. A truncated or senseless length ends the walk; typed getters throw on short values,
/// which the kernel never sends.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> buffer)
{
    private const int HeaderSize = 4;

    /// <summary>Without the flags 'nested' and 'network byte order'.</summary>
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest = buffer;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public readonly AttributeReader Nested => new(Value);

    public readonly byte Byte => Value[0];

    public readonly bool Flag => Value[0] != 0;

    public readonly uint UInt32 => MemoryMarshal.Read<uint>(Value);

    public readonly int Int32 => MemoryMarshal.Read<int>(Value);

    public readonly ushort UInt16 => MemoryMarshal.Read<ushort>(Value);

    public readonly ushort UInt16BigEndian => BinaryPrimitives.ReadUInt16BigEndian(Value);

    public readonly string Text => Encoding.UTF8.GetString(Value.TrimEnd((byte)0));

    /// <summary>Null for hardware addresses of other lengths (tunnels, loopback of some kinds).</summary>
    public readonly MacAddress? Mac => Value.Length == 6 ? MacAddress.FromBytes(Value) : null;

    public readonly Address? Address => Value.Length is 4 or 16 ? Core.Addressing.Address.FromBytes(Value) : null;

    /// <summary>Reads the fixed part, and leaves a reader of the attributes that follow it.</summary>
    public static bool TryOpen<T>(ReadOnlySpan<byte> payload, out T header, out AttributeReader attributes)
        where T : unmanaged
    {
        header = default;
        attributes = default;
        var size = Marshal.SizeOf<T>();
        if (payload.Length < size)
            return false;
        header = MemoryMarshal.Read<T>(payload);
        attributes = new AttributeReader(payload[size..]);
        return true;
    }

    public bool Next()
    {
        if (_rest.Length < HeaderSize)
            return false;
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeaderSize || length > _rest.Length)
            return false;
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        Value = _rest[HeaderSize..length];
        _rest = _rest[Math.Min(length + 3 & ~3, _rest.Length)..];
        return true;
    }
}
