using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Overlay.Core.Addressing;
using Overlay.Core.Names;

namespace Overlay.Tests.Dns;

/// <summary>A name server that does what a test says: for each question, any number of datagrams (or one reply by TCP).</summary>
internal sealed class ScriptedUpstream : IDisposable
{
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly Func<byte[], bool, byte[][]> _script;
    private readonly Channel<byte[]> _asked = Channel.CreateUnbounded<byte[]>();

    /// <param name="script">Question and whether it came by TCP → replies; none: silence.</param>
    public ScriptedUpstream(Func<byte[], bool, byte[][]> script)
    {
        _script = script;
        (_udp, _tcp) = LoopbackPorts.Bind();
        _ = ServeUdpAsync();
        _ = ServeTcpAsync();
    }

    public UpstreamServer Server => new(Address.Parse("127.0.0.1"), FromSandbox: false, ((IPEndPoint)_udp.LocalEndPoint!).Port);

    public ConcurrentQueue<int> SourcePorts { get; } = [];

    public int Count { get; private set; }

    public ValueTask<byte[]> NextAsync() => _asked.Reader.ReadAsync();

    public static ScriptedUpstream Silent() => new((_, _) => []);

    public static ScriptedUpstream Answering(byte last, uint ttl = 60) =>
        new((query, _) => [Packets.Reply(query, 0, [Packets.Record([0xc0, 12], Packets.A, ttl, [192, 0, 2, last])])]);

    public static ScriptedUpstream Failing(int code) => new((query, _) => [Packets.Reply(query, code, [])]);

    public void Dispose()
    {
        _udp.Dispose();
        _tcp.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                SourcePorts.Enqueue(((IPEndPoint)received.RemoteEndPoint).Port);
                foreach (var reply in Script(buffer[..received.ReceivedBytes], isTcp: false))
                    await _udp.SendToAsync(reply, received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var stream = new NetworkStream(await _tcp.AcceptAsync(), ownsSocket: true);
                var prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(query);
                foreach (var reply in Script(query, isTcp: true))
                    await stream.WriteAsync((byte[])[.. Packets.U16((ushort)reply.Length), .. reply]);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    private byte[][] Script(byte[] query, bool isTcp)
    {
        Count++;
        _asked.Writer.TryWrite(query);
        return _script(query, isTcp);
    }
}
