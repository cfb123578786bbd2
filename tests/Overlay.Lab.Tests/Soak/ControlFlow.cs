using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Overlay.Linux;

namespace Overlay.Lab.Tests.Soak;

/// <summary>
/// What nobody touches, between two sandboxes on two hosts: 100 numbered datagrams a second, each echoed, and one TCP
/// connection that echoes all along. Its sockets are this process's own, so that only the network can lose anything.
/// </summary>
internal sealed class ControlFlow : IAsyncDisposable
{
    private const int Port = 7100;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stopSending = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, TimeSpan> _waiting = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Socket _asker, _answerer, _listener, _client;
    private readonly Task _sending, _receiving, _echoing, _serving, _streaming;
    private int _sent;
    private long _worst;

    /// <param name="to">The other sandbox's address, in whose namespace <paramref name="far"/> is.</param>
    public ControlFlow(INetNamespace near, INetNamespace far, IPAddress to)
    {
        _answerer = far.BindUdp(new(IPAddress.Any, Port));
        _listener = far.ListenTcp(new(IPAddress.Any, Port));
        _asker = near.BindUdp(new(IPAddress.Any, 0));
        _asker.Connect(to, Port);
        _client = new(near.OpenSocket(2, 1, 0));
        _client.Connect(to, Port);
        _echoing = Quietly(Echo);
        _serving = Quietly(Serve);
        _receiving = Quietly(Receive);
        _sending = Send();
        _streaming = Stream();
    }

    public int Sent => _sent;

    /// <summary>Of the connection's round trips, the slowest.</summary>
    public TimeSpan WorstRoundTrip => TimeSpan.FromTicks(_worst);

    /// <summary>Ends it and says when what was lost was sent; a broken connection is thrown.</summary>
    public async Task<IReadOnlyList<TimeSpan>> Stop()
    {
        await _stopSending.CancelAsync();
        await _sending;
        await _streaming;
        for (var look = 0; look < 100 && !_waiting.IsEmpty; look++)
            await Task.Delay(50);
        return [.. _waiting.Values.Order()];
    }

    public async ValueTask DisposeAsync()
    {
        await _stopSending.CancelAsync();
        await _stop.CancelAsync();
        foreach (var socket in new[] { _asker, _answerer, _listener, _client })
            socket.Dispose();
        await Task.WhenAll(_echoing, _serving, _receiving);
        await Task.WhenAll(_sending, _streaming).ContinueWith(_ => { }, TaskScheduler.Default);
        _stopSending.Dispose();
        _stop.Dispose();
    }

    private async Task Send()
    {
        using var timer = new PeriodicTimer(Between);
        var datagram = new byte[64];
        while (!_stopSending.IsCancellationRequested)
        {
            BinaryPrimitives.WriteInt32BigEndian(datagram, ++_sent);
            _waiting[_sent] = _clock.Elapsed;
            await _asker.SendAsync(datagram);
            await timer.WaitForNextTickAsync();
        }
    }

    private async Task Receive()
    {
        var datagram = new byte[64];
        while (true)
        {
            await _asker.ReceiveAsync(datagram, _stop.Token);
            _waiting.TryRemove(BinaryPrimitives.ReadInt32BigEndian(datagram), out _);
        }
    }

    private async Task Echo()
    {
        var datagram = new byte[64];
        while (true)
        {
            var received = await _answerer.ReceiveFromAsync(datagram, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
            await _answerer.SendToAsync(datagram, received.RemoteEndPoint, _stop.Token);
        }
    }

    private async Task Serve()
    {
        using var connection = await _listener.AcceptAsync(_stop.Token);
        var buffer = new byte[4096];
        while (await connection.ReceiveAsync(buffer, _stop.Token) is var count and > 0)
            await connection.SendAsync(buffer.AsMemory(0, count), _stop.Token);
    }

    private async Task Stream()
    {
        await using var stream = new NetworkStream(_client);
        var block = new byte[1024];
        while (!_stopSending.IsCancellationRequested)
        {
            var start = _clock.Elapsed;
            await stream.WriteAsync(block, _stop.Token);
            await stream.ReadExactlyAsync(block, _stop.Token).AsTask().WaitAsync(Longest);
            _worst = Math.Max(_worst, (_clock.Elapsed - start).Ticks);
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    private static async Task Quietly(Func<Task> loop)
    {
        try
        {
            await loop();
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end of the test; a loss before it is seen by the sender.
        }
    }
}
