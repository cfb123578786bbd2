using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Overlay.Dns.Wire;

namespace Overlay.Dns.Forwarding;

/// <summary>
/// One question to one server. Each has its own socket, so each has its own random port beside its random id, and the
/// kernel drops what comes from anyone but the server asked (RFC 5452).
/// </summary>
internal static class UpstreamExchange
{
    /// <summary>Wrong answers beyond this many are an attack in progress: the try has failed.</summary>
    private const int MaxMismatches = 64;

    public static async Task<ForeignAnswer> AskAsync(Upstream upstream, ForwardRequest request, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Protocol.MaxMessage + 2);
        try
        {
            if (await ByUdpAsync(upstream, request, buffer, cancellation).ConfigureAwait(false) is { } answer)
                return answer;
            try
            {
                return await ByTcpAsync(upstream, request, buffer, cancellation).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                throw new InvalidDataException("the answer was truncated, and the server does not talk TCP", e);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Returns null when the answer was truncated.</summary>
    private static async Task<ForeignAnswer?> ByUdpAsync(Upstream upstream, ForwardRequest request, byte[] buffer, CancellationToken cancellation)
    {
        var endpoint = EndpointOf(upstream);
        using var socket = upstream.Sockets.Open(endpoint.AddressFamily, SocketType.Dgram);
        await socket.ConnectAsync(endpoint, cancellation).ConfigureAwait(false);
        var id = NewId();
        await socket.SendAsync(buffer.AsMemory(0, request.Write(id, buffer)), cancellation).ConfigureAwait(false);
        for (var mismatches = 0; mismatches < MaxMismatches; mismatches++)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
            var message = buffer.AsSpan(0, received);
            if (!request.IsAnsweredBy(message, id))
                continue;
            if ((message[2] & 0x02) != 0)
                return null;
            if (ForeignAnswer.Read(message, upstream.Server) is { } answer)
                return answer;
        }
        throw new InvalidDataException("only answers to other questions came");
    }

    private static async Task<ForeignAnswer> ByTcpAsync(Upstream upstream, ForwardRequest request, byte[] buffer, CancellationToken cancellation)
    {
        var endpoint = EndpointOf(upstream);
        using var socket = upstream.Sockets.Open(endpoint.AddressFamily, SocketType.Stream);
        await socket.ConnectAsync(endpoint, cancellation).ConfigureAwait(false);
        var id = NewId();
        var length = request.Write(id, buffer.AsSpan(2));
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)length);
        for (var sent = 0; sent < length + 2;)
            sent += await socket.SendAsync(buffer.AsMemory(sent, length + 2 - sent), cancellation).ConfigureAwait(false);
        await ReceiveExactlyAsync(socket, buffer.AsMemory(0, 2), cancellation).ConfigureAwait(false);
        var answer = buffer.AsMemory(0, BinaryPrimitives.ReadUInt16BigEndian(buffer));
        await ReceiveExactlyAsync(socket, answer, cancellation).ConfigureAwait(false);
        return request.IsAnsweredBy(answer.Span, id) && ForeignAnswer.Read(answer.Span, upstream.Server) is { } read
            ? read
            : throw new InvalidDataException("the answer over TCP is broken or answers another question");
    }

    private static async Task ReceiveExactlyAsync(Socket socket, Memory<byte> destination, CancellationToken cancellation)
    {
        while (!destination.IsEmpty)
        {
            var received = await socket.ReceiveAsync(destination, cancellation).ConfigureAwait(false);
            if (received == 0)
                throw new InvalidDataException("the server closed the connection before its answer was complete");
            destination = destination[received..];
        }
    }

    private static IPEndPoint EndpointOf(Upstream upstream) => new(upstream.Server.Address.ToIPAddress(), upstream.Server.Port);

    private static ushort NewId()
    {
        Span<byte> id = stackalloc byte[2];
        RandomNumberGenerator.Fill(id);
        return BinaryPrimitives.ReadUInt16BigEndian(id);
    }
}
