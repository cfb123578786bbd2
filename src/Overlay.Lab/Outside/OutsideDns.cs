using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Lab.Outside;

/// <summary>Serves <see cref="OutsideZone"/> on port 53, UDP and TCP.</summary>
internal sealed class OutsideDns(OutsideZone zone, IPAddress address)
{
    private const int Port = 53;
    private const int MaxMessage = 65535;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(UdpAsync(cancel), TcpAsync(cancel));

    private async Task UdpAsync(CancellationToken cancel)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, Port));
        var buffer = new byte[MaxMessage];
        var any = new IPEndPoint(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var received = await socket.ReceiveFromAsync(buffer, any, cancel);
                if (zone.Answer(buffer.AsSpan(0, received.ReceivedBytes), overTcp: false) is { } reply)
                {
                    await socket.SendToAsync(reply, received.RemoteEndPoint, cancel);
                }
            }
            catch (SocketException)
            {
                // An ICMP error for an earlier reply: its asker is gone, the others are not.
            }
        }
    }

    private Task TcpAsync(CancellationToken cancel) =>
        TcpLoop.RunAsync(new IPEndPoint(address, Port), Patience, async (stream, _, token) =>
        {
            var length = new byte[2];
            await stream.ReadExactlyAsync(length, token);
            var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
            await stream.ReadExactlyAsync(query, token);
            if (zone.Answer(query, overTcp: true) is { } reply)
            {
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)reply.Length);
                await stream.WriteAsync((byte[])[.. length, .. reply], token);
            }
        }, cancel);
}
