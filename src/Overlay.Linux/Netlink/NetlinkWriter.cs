using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Overlay.Core.Addressing;

namespace Overlay.Linux.Netlink;

/// <summary>Writes netlink messages into a buffer: header, fixed part, attributes; everything aligned to 4 bytes.
/// The buffer must be zeroed: padding is skipped, not written.</summary>
internal ref struct NetlinkWriter(Span<byte> buffer)
{
    private const int HeaderSize = 16, AttributeHeaderSize = 4;
    private const ushort Nested = 0x8000;

    private readonly Span<byte> _buffer = buffer;
    private int _message;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    public void BeginMessage<T>(ushort type, ushort flags, uint sequence, in T header)
        where T : unmanaged
    {
        _message = Length;
        var message = new MessageHeader { Type = type, Flags = flags, Sequence = sequence };
        MemoryMarshal.Write(_buffer[Length..], in message);
        Length += HeaderSize;
        Fixed(header);
    }

    public readonly void EndMessage() => MemoryMarshal.Write(_buffer[_message..], (uint)(Length - _message));

    /// <summary>A fixed part without attribute header: a message's own, or a link header inside veth's peer.</summary>
    public void Fixed<T>(in T header)
        where T : unmanaged
    {
        MemoryMarshal.Write(_buffer[Length..], in header);
        Length += Align(Marshal.SizeOf<T>());
    }

    public int BeginNest(ushort type, bool flagged = true)
    {
        var start = Length;
        MemoryMarshal.Write(_buffer[(start + 2)..], (ushort)(flagged ? type | Nested : type));
        Length += AttributeHeaderSize;
        return start;
    }

    public readonly void EndNest(int start) => MemoryMarshal.Write(_buffer[start..], (ushort)(Length - start));

    public void Byte(ushort type, byte value) => Attribute(type, 1)[0] = value;

    public void Flag(ushort type, bool? value)
    {
        if (value is { } set)
            Byte(type, set ? (byte)1 : (byte)0);
    }

    public void UInt32(ushort type, uint value) => MemoryMarshal.Write(Attribute(type, 4), in value);

    public void Int32(ushort type, int value) => MemoryMarshal.Write(Attribute(type, 4), in value);

    public void UInt16(ushort type, ushort value) => MemoryMarshal.Write(Attribute(type, 2), in value);

    public void UInt16BigEndian(ushort type, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, 2), value);

    public void Mac(ushort type, MacAddress mac) => mac.WriteBytes(Attribute(type, 6));

    public void Address(ushort type, Address address) => address.WriteBytes(Attribute(type, address.Bits / 8));

    /// <summary>With the closing zero byte.</summary>
    public void Text(ushort type, string text) =>
        Encoding.UTF8.GetBytes(text, Attribute(type, Encoding.UTF8.GetByteCount(text) + 1));

    public void Bytes(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>Attributes that are encoded already.</summary>
    public void Raw(ReadOnlySpan<byte> attributes)
    {
        attributes.CopyTo(_buffer[Length..]);
        Length += Align(attributes.Length);
    }

    private Span<byte> Attribute(ushort type, int size)
    {
        var start = Length;
        MemoryMarshal.Write(_buffer[start..], (ushort)(AttributeHeaderSize + size));
        MemoryMarshal.Write(_buffer[(start + 2)..], in type);
        Length += AttributeHeaderSize + Align(size);
        return _buffer.Slice(start + AttributeHeaderSize, size);
    }

    private static int Align(int size) => size + 3 & ~3;
}
