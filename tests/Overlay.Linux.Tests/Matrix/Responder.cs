using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Overlay.Linux.Tests.Matrix;

/// <summary>Answers TCP and UDP in one namespace with its name and whom it sees, and remembers what reached it.</summary>
internal sealed class Responder : IAsyncDisposable
{
    public const int Port = 7000;

    private readonly string _name;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<Task> _tasks = [];
    private readonly ConcurrentDictionary<string, bool> _seen = new();

    public Responder(string name, INetNamespace space)
    {
        _name = name;
        foreach (var any in new[] { IPAddress.Any, IPAddress.IPv6Any })
        {
            var (udp, tcp) = (space.BindUdp(new(any, Port)), space.ListenTcp(new(any, Port)));
            _sockets.AddRange([udp, tcp]);
            _tasks.AddRange([Serve(udp), Accept(tcp)]);
        }
    }

    public bool HasSeen(string token) => _seen.ContainsKey(token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var socket in _sockets)
            socket.Dispose();
        await Task.WhenAll(_tasks);
        _stop.Dispose();
    }

    private async Task Serve(Socket udp)
    {
        var buffer = new byte[256];
        var any = new IPEndPoint(udp.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var received = await udp.ReceiveFromAsync(buffer, any, _stop.Token);
                _seen[Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes)] = true;
                await udp.SendToAsync(Answer(received.RemoteEndPoint), received.RemoteEndPoint, _stop.Token);
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // An ICMP error for an earlier answer, or no way back: the prober gets none.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task Accept(Socket listener)
    {
        try
        {
            while (true)
                _ = AnswerOne(await listener.AcceptAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task AnswerOne(Socket connection)
    {
        using (connection)
        {
            try
            {
                var buffer = new byte[256];
                var count = await connection.ReceiveAsync(buffer, _stop.Token);
                _seen[Encoding.ASCII.GetString(buffer, 0, count)] = true;
                await connection.SendAsync(Answer(connection.RemoteEndPoint!), _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The prober has gone: it judges by what it got.
            }
        }
    }

    private byte[] Answer(EndPoint asker) => Encoding.ASCII.GetBytes($"{_name}|{Plain(((IPEndPoint)asker).Address)}");

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
