using System.Net;
using System.Net.Sockets;

namespace Overlay.Lab.Outside;

/// <summary>Accepts connections and serves each for a bounded time; a bounded number at once.</summary>
internal static class TcpLoop
{
    private const int Backlog = 512;
    private const int MaxConnections = 1024;

    public static async Task RunAsync(IPEndPoint local, TimeSpan patience, Func<NetworkStream, IPEndPoint, CancellationToken, Task> serve, CancellationToken cancel)
    {
        using var listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        if (local.Address.Equals(IPAddress.IPv6Any))
        {
            listener.DualMode = true;
        }
        listener.Bind(local);
        listener.Listen(Backlog);
        using var room = new SemaphoreSlim(MaxConnections);
        while (true)
        {
            await room.WaitAsync(cancel);
            var client = await listener.AcceptAsync(cancel);
            _ = ServeAsync(client);
        }

        async Task ServeAsync(Socket client)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(patience);
            try
            {
                await using var stream = new NetworkStream(client, ownsSocket: true);
                await serve(stream, (IPEndPoint)client.RemoteEndPoint!, deadline.Token);
            }
            catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
            {
                // The client's affair.
            }
            finally
            {
                room.Release();
            }
        }
    }
}
