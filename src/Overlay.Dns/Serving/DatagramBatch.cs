using System.Runtime.InteropServices;
using static Overlay.Dns.Serving.Native;

namespace Overlay.Dns.Serving;

/// <summary>
/// Memory for one batch of datagrams and their replies, laid out once outside the managed heap and pointed into by
/// the headers that recvmmsg and sendmmsg take. Belongs to one thread.
/// </summary>
internal sealed unsafe class DatagramBatch : IDisposable
{
    /// <summary>A sandbox that floods gets this many answers before its neighbours have their turn.</summary>
    public const int Size = 32;

    private const int BufferSize = Wire.Protocol.MaxPayload;

    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(Size, 2 * BufferSize + MaxAddress + 4);
    private readonly ManyHeader* _headers = (ManyHeader*)NativeMemory.AllocZeroed(2 * Size, (nuint)sizeof(ManyHeader));
    private readonly Vector* _vectors = (Vector*)NativeMemory.AllocZeroed(2 * Size, (nuint)sizeof(Vector));
    private int _replies;

    public DatagramBatch()
    {
        for (var i = 0; i < 2 * Size; i++)
        {
            _vectors[i] = new Vector { Base = _memory + i * BufferSize, Length = BufferSize };
            _headers[i] = new ManyHeader { Name = AddressAt(i % Size), Vectors = _vectors + i, VectorCount = 1 };
        }
    }

    /// <summary>Room for the next reply.</summary>
    public Span<byte> NextReply => new(_memory + (Size + _replies) * BufferSize, BufferSize);

    /// <summary>Takes what has arrived, up to <see cref="Size"/>; -1 with errno when nothing could be taken.</summary>
    public int Receive(int descriptor)
    {
        _replies = 0;
        for (var i = 0; i < Size; i++)
            (_headers[i].NameLength, _headers[i].Flags) = (MaxAddress, 0);
        return ReceiveMany(descriptor, _headers, Size, DontWait, null);
    }

    public ReadOnlySpan<byte> Message(int index) => new(_memory + index * BufferSize, (int)_headers[index].Length);

    /// <summary>The datagram was larger than any query we take.</summary>
    public bool IsCut(int index) => (_headers[index].Flags & Native.Truncated) != 0;

    /// <summary>The sender's sockaddr.</summary>
    public ReadOnlySpan<byte> Sender(int index) => new(AddressAt(index), _headers[index].NameLength);

    /// <summary>Queues what was written into <see cref="NextReply"/> for the sender of a message.</summary>
    public void Reply(int index, int length)
    {
        var header = _headers + Size + _replies;
        header->Name = AddressAt(index);
        header->NameLength = _headers[index].NameLength;
        _vectors[Size + _replies].Length = (nuint)length;
        _replies++;
    }

    /// <summary>
    /// Sends all replies. One that the kernel refuses (no buffer, peer gone) is left out, as the network might do; the
    /// client asks again.
    /// </summary>
    public void Send(int descriptor)
    {
        for (var sent = 0; sent < _replies;)
        {
            var count = SendMany(descriptor, _headers + Size + sent, (uint)(_replies - sent), DontWait);
            if (count < 0 && Marshal.GetLastPInvokeError() == Interrupted)
                continue;
            sent += Math.Max(count, 1);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        NativeMemory.Free(_headers);
        NativeMemory.Free(_vectors);
    }

    private byte* AddressAt(int index) => _memory + 2 * Size * BufferSize + index * (MaxAddress + 4);
}
