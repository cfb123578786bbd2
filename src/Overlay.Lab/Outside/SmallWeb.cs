using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Overlay.Lab.Outside;

/// <summary>A web server that answers every request with a text and the address that the client came from.</summary>
public static class SmallWeb
{
    private const int MaxRequest = 8192;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="text">Comes before the client's address.</param>
    public static Task RunAsync(IPEndPoint local, string text, CancellationToken cancel) =>
        TcpLoop.RunAsync(local, Patience, (stream, client, token) => AnswerAsync(stream, text + Readable(client.Address), token), cancel);

    private static IPAddress Readable(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static async Task AnswerAsync(NetworkStream stream, string body, CancellationToken cancel)
    {
        await ReadRequestAsync(stream, cancel);
        var content = Encoding.UTF8.GetBytes(body + "\n");
        var head = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. content], cancel);
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
