using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Overlay.Benchmarks.Probes;

/// <summary>A query over UDP, and the next one as soon as it is answered, at most one a millisecond.</summary>
internal sealed class NameProbe : IProbe
{
    private const int HeaderLength = 12;
    private const int AnswerWaitMicroseconds = 50_000;
    private const ushort RecursionDesired = 0x0100;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _received = new byte[4096];
    private ushort _id;

    public NameProbe(IPEndPoint server) => _socket.Connect(server);

    public long Until(string target, Func<bool> givenUp)
    {
        var query = Query(target);
        while (!givenUp())
        {
            BinaryPrimitives.WriteUInt16BigEndian(query, ++_id);
            if (Ask(query))
                return Stopwatch.GetTimestamp();
            // Without a pause the watcher would take a core from what it watches.
            Thread.Sleep(1);
        }
        return 0;
    }

    public void Dispose() => _socket.Dispose();

    private bool Ask(byte[] query)
    {
        try
        {
            _socket.Send(query);
            while (_socket.Poll(AnswerWaitMicroseconds, SelectMode.SelectRead))
            {
                var length = _socket.Receive(_received);
                if (length >= HeaderLength && BinaryPrimitives.ReadUInt16BigEndian(_received) == _id)
                    return BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(6)) > 0;
            }
        }
        catch (SocketException)
        {
            // Nobody listens there at this moment.
        }
        return false;
    }

    private static byte[] Query(string name)
    {
        var query = new byte[HeaderLength + name.Length + 2 + 4];
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(2), RecursionDesired);
        BinaryPrimitives.WriteUInt16BigEndian(query.AsSpan(4), 1);
        var at = HeaderLength;
        foreach (var label in name.Split('.'))
        {
            query[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, query.AsSpan(at));
        }
        at++;
        // Type A, class IN.
        query[at + 1] = 1;
        query[at + 3] = 1;
        return query;
    }
}
