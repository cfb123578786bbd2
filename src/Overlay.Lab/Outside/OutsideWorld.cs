using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Overlay.Lab.Outside;

/// <summary>
/// What lies outside a lab: a DNS server and a web server that tells its client the address it came from. The
/// process <c>overlay lab outside ADDRESS…</c>.
/// </summary>
public static class OutsideWorld
{
    private const int HttpPort = 80;
    private const int MaxRequest = 8192;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Task RunAsync(IPAddress address, IPAddress address6, CancellationToken cancel)
    {
        var zone = new OutsideZone(address, address6);
        return Task.WhenAll(new[] { address, address6 }.SelectMany(local => new[]
        {
            new OutsideDns(zone, local).RunAsync(cancel),
            TcpLoop.RunAsync(new IPEndPoint(local, HttpPort), Patience, TellAddressAsync, cancel),
        }));
    }

    private static async Task TellAddressAsync(NetworkStream stream, IPEndPoint client, CancellationToken cancel)
    {
        await ReadRequestAsync(stream, cancel);
        var body = $"{client.Address}\n";
        var reply = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(reply), cancel);
    }

    private static async Task ReadRequestAsync(NetworkStream stream, CancellationToken cancel)
    {
        var buffer = new byte[MaxRequest];
        var length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancel);
            if (read == 0)
            {
                return;
            }
            length += read;
        }
    }
}
