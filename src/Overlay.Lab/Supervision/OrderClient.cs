using System.Net.Sockets;
using System.Text.Json;

namespace Overlay.Lab.Supervision;

internal static class OrderClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Null when no supervisor answers there.</summary>
    public static async Task<OrderReply?> SendAsync(string socketPath, Order order, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), deadline.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Line(order), deadline.Token);
            using var reader = new StreamReader(stream);
            var reply = await reader.ReadLineAsync(deadline.Token);
            return reply is null ? null : JsonSerializer.Deserialize(reply, LabJson.Default.OrderReply);
        }
        catch (Exception failure) when (failure is SocketException or IOException or JsonException
            || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static byte[] Line(Order order) => [.. JsonSerializer.SerializeToUtf8Bytes(order, LabJson.Default.Order), (byte)'\n'];
}
