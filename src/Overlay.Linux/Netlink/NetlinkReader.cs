using System.Runtime.InteropServices;

namespace Overlay.Linux.Netlink;

/// <summary>Walks the messages of a received buffer. A truncated or senseless length ends the walk.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> buffer)
{
    private const int HeaderSize = 16;

    private ReadOnlySpan<byte> _rest = buffer;

    public MessageHeader Header { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool Next()
    {
        if (_rest.Length < HeaderSize)
            return false;
        var header = MemoryMarshal.Read<MessageHeader>(_rest);
        if (header.Length < HeaderSize || header.Length > _rest.Length)
            return false;
        var length = (int)header.Length;
        Header = header;
        Payload = _rest[HeaderSize..length];
        _rest = _rest[Math.Min(length + 3 & ~3, _rest.Length)..];
        return true;
    }
}
