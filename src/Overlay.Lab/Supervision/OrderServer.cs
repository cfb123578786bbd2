using System.Net.Sockets;
using System.Text.Json;

namespace Overlay.Lab.Supervision;

/// <summary>Takes orders on a Unix socket that only its owner may open.</summary>
internal sealed class OrderServer : IDisposable
{
    private const int Backlog = 64;
    private const int MaxOrder = 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<Order, OrderReply> _handle;
    private readonly Action<string> _log;

    public OrderServer(string path, Func<Order, OrderReply> handle, Action<string> log)
    {
        _handle = handle;
        _log = log;
        File.Delete(path);
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _socket.Listen(Backlog);
    }

    public async Task ServeAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                // One after the other: orders are rare and short, and a slow client is cut off.
                using var client = await _socket.AcceptAsync(cancel);
                await AnswerAsync(client, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
            }
            catch (Exception failure)
            {
                _log($"an order failed: {failure.Message}");
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task AnswerAsync(Socket client, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        var buffer = new byte[MaxOrder];
        var length = 0;
        while (length < MaxOrder && !buffer.AsSpan(0, length).Contains((byte)'\n'))
        {
            var read = await client.ReceiveAsync(buffer.AsMemory(length), deadline.Token);
            if (read == 0)
            {
                return;
            }
            length += read;
        }
        var order = JsonSerializer.Deserialize(buffer.AsSpan(0, length), LabJson.Default.Order)!;
        byte[] reply = [.. JsonSerializer.SerializeToUtf8Bytes(_handle(order), LabJson.Default.OrderReply), (byte)'\n'];
        await client.SendAsync(reply, deadline.Token);
    }
}
