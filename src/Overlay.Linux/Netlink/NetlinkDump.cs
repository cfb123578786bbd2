namespace Overlay.Linux.Netlink;

internal static class NetlinkDump
{
    private const int Interrupted = 4;

    /// <summary>How often a list that changed while it was read is read again.</summary>
    private const int Attempts = 16;

    /// <summary>Turns one message into an object, or null for one that is not wanted.</summary>
    public delegate T? Decode<T>(ReadOnlySpan<byte> payload)
        where T : class;

    /// <summary>Reads the whole list that the request names. The request is a complete message whose sequence is
    /// <paramref name="sequence"/>.</summary>
    public static List<T> Read<T>(NetlinkSocket socket, ReadOnlySpan<byte> request, uint sequence, string action, Decode<T> decode)
        where T : class
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var found = new List<T>();
            socket.Send(request);
            // The same sequence can serve every attempt: each is read to its end before the next begins.
            if (ReadOnce(socket, sequence, action, decode, found))
                return found;
        }
        throw new KernelException(action, Interrupted, $"it changed during each of {Attempts} readings");
    }

    /// <returns>False when the list changed meanwhile, so that something may be missing or there twice.</returns>
    private static bool ReadOnce<T>(NetlinkSocket socket, uint sequence, string action, Decode<T> decode, List<T> found)
        where T : class
    {
        var consistent = true;
        while (true)
        {
            var messages = new NetlinkReader(socket.Receive());
            while (messages.Next())
            {
                var header = messages.Header;
                if (header.Sequence != sequence)
                    continue;
                consistent &= (header.Flags & MessageFlags.DumpInterrupted) == 0;
                if (header.Type == MessageType.Error || header.Type == MessageType.Done)
                {
                    var end = NetlinkAck.Read(header, messages.Payload);
                    if (end.Errno == Interrupted)
                        return false;
                    return end.Errno == 0 ? consistent : throw new KernelException(action, end.Errno, end.Text);
                }
                if (decode(messages.Payload) is { } item)
                    found.Add(item);
            }
        }
    }
}
