namespace Overlay.Linux.Netlink;

/// <summary>
/// Collects requests, sends many per system call and matches the acknowledgements to them by sequence number.
/// </summary>
internal sealed class NetlinkBatch(NetlinkSocket socket, Action<KernelChange, NetlinkAck> failed)
{
    /// <summary>Measured: from 16 on batches are twice as fast, beyond 256 nothing is gained.</summary>
    private const int MaxMessages = 256;

    private const int Capacity = 64 * 1024;

    /// <summary>More than the longest request takes.</summary>
    private const int LongestMessage = 2048;

    private const int NoBufferSpace = 105;

    private readonly byte[] _buffer = new byte[Capacity];
    private readonly Queue<(uint Sequence, KernelChange Change)> _pending = new();
    private int _length;

    /// <summary>Room for one message; hand it to <see cref="Commit"/> when it is written.</summary>
    public NetlinkWriter Begin(out uint sequence)
    {
        if (_pending.Count == MaxMessages || _length + LongestMessage > Capacity)
            Flush();
        sequence = socket.NextSequence();
        return new NetlinkWriter(_buffer.AsSpan(_length, LongestMessage));
    }

    public void Commit(in NetlinkWriter writer, uint sequence, KernelChange change)
    {
        _length += writer.Length;
        _pending.Enqueue((sequence, change));
    }

    /// <summary>Sends what is collected. Returns whether all of it succeeded.</summary>
    public bool Flush()
    {
        if (_pending.Count == 0)
            return true;
        var success = true;
        try
        {
            socket.Send(_buffer.AsSpan(0, _length));
            while (_pending.Count > 0)
                success &= ReceiveAcks();
        }
        catch (KernelException exception)
        {
            // Acknowledgements are lost: whether these changes were made is not known.
            success = false;
            while (_pending.TryDequeue(out var lost))
                failed(lost.Change, new NetlinkAck(exception.Errno == 0 ? NoBufferSpace : exception.Errno, "its acknowledgement was lost"));
        }
        finally
        {
            _buffer.AsSpan(0, _length).Clear();
            _length = 0;
        }
        return success;
    }

    private bool ReceiveAcks()
    {
        var success = true;
        var messages = new NetlinkReader(socket.Receive());
        while (messages.Next())
        {
            if (messages.Header.Type != MessageType.Error || !_pending.TryPeek(out var next) || next.Sequence != messages.Header.Sequence)
                continue;
            _pending.Dequeue();
            var ack = NetlinkAck.Read(messages.Header, messages.Payload);
            if (ack.Errno == 0)
                continue;
            success = false;
            failed(next.Change, ack);
        }
        return success;
    }
}
