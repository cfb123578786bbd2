using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Overlay.Dns.Answering;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Serving;

/// <summary>
/// One client's connection (RFC 7766). Questions may follow each other without waiting; a forwarded one does not hold up
/// those behind it, and each reply is written whole. A client that is slow, silent or sends too much is left.
/// </summary>
internal sealed class TcpSession(Socket socket, Listener listener, Responder responder, TimeProvider time, CancellationToken stopping)
{
    private const int MaxQuery = 4096;
    private const int MaxPipelined = 16;

    /// <summary>For the next whole message to arrive, and for a reply to be taken.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly SemaphoreSlim _pipeline = new(MaxPipelined);
    private Rotation _rotation = Rotation.Seeded();

    public async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var closing = stopping.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
        try
        {
            socket.NoDelay = true;
            await ServeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Every way a client can leave.
        }
        finally
        {
            await DrainAsync().ConfigureAwait(false);
            socket.Dispose();
        }
    }

    private async Task ServeAsync()
    {
        var query = new byte[MaxQuery + 2];
        while (true)
        {
            using var idle = Deadline();
            if (!await TryReceiveAsync(query.AsMemory(0, 2), idle.Token).ConfigureAwait(false))
                return;
            var length = BinaryPrimitives.ReadUInt16BigEndian(query);
            if (length > MaxQuery || !await TryReceiveAsync(query.AsMemory(2, length), idle.Token).ConfigureAwait(false))
                return;
            await AnswerAsync(query.AsMemory(2, length)).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> query)
    {
        var reply = ArrayPool<byte>.Shared.Rent(Protocol.MaxMessage + 2);
        var isHandedOver = false;
        try
        {
            var length = responder.Respond(query.Span, listener, isTcp: true, ref _rotation, ReplyRoom(reply).Span, out var pending);
            if (pending is not null)
            {
                await _pipeline.WaitAsync(stopping).ConfigureAwait(false);
                isHandedOver = true;
                _ = ForwardAsync(pending, reply);
            }
            else
            {
                await WriteAsync(reply, length).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!isHandedOver)
                ArrayPool<byte>.Shared.Return(reply);
        }
    }

    private async Task ForwardAsync(PendingForward pending, byte[] reply)
    {
        try
        {
            var length = await responder.ForwardAsync(pending, ReplyRoom(reply)).ConfigureAwait(false);
            await WriteAsync(reply, length).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left; the reading side notices too.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(reply);
            _pipeline.Release();
        }
    }

    private async Task WriteAsync(byte[] reply, int length)
    {
        if (length == 0)
            return;
        BinaryPrimitives.WriteUInt16BigEndian(reply, (ushort)length);
        using var deadline = Deadline();
        await _writing.WaitAsync(deadline.Token).ConfigureAwait(false);
        try
        {
            for (var sent = 0; sent < length + 2;)
                sent += await socket.SendAsync(reply.AsMemory(sent, length + 2 - sent), deadline.Token).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>False: the client closed before all of it came.</summary>
    private async Task<bool> TryReceiveAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        while (!destination.IsEmpty)
        {
            var received = await socket.ReceiveAsync(destination, cancellation).ConfigureAwait(false);
            if (received == 0)
                return false;
            destination = destination[received..];
        }
        return true;
    }

    /// <summary>Answers that are on their way are still written: a client may half-close after its last question.</summary>
    private async Task DrainAsync()
    {
        for (var i = 0; i < MaxPipelined; i++)
            await _pipeline.WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private CancellationTokenSource Deadline() => new(IdleTimeout, time);

    private static Memory<byte> ReplyRoom(byte[] reply) => reply.AsMemory(2, Protocol.MaxMessage);
}
