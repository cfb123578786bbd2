using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Overlay.Contracts.Security;
using Overlay.Core;

namespace Overlay.Contracts.Client;

/// <summary>Which of a context's gateways answer, and the words for the case that none does.</summary>
internal static class OverlayClientGateways
{
    // Once one gateway has answered, the others get this long to be used as well.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<IPEndPoint> Parse(OverlayContext context)
    {
        if (context.Gateways.Count == 0)
            throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"context '{context.Name}' names no gateway; a context needs \"gateways\": [\"ADDRESS:PORT\", …]",
                ("context", context.Name));
        return [.. context.Gateways.Select(text => ParseOne(context, text))];
    }

    /// <summary>The gateways that completed a handshake, in the order of the context.</summary>
    public static async Task<IReadOnlyList<IPEndPoint>> FindAnsweringAsync(
        OverlayContext context, IReadOnlyList<IPEndPoint> gateways, MutualTls? tls, TimeSpan deadline, CancellationToken cancellation)
    {
        var limit = deadline < LongestTry ? deadline : LongestTry;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        Task<Exception?>[] tries = [.. gateways.Select(gateway => TryAsync(gateway, tls, timeout.Token))];

        if (await AnyAsync(tries).ConfigureAwait(false))
        {
            await Task.WhenAny(Task.WhenAll(tries), Task.Delay(Grace, cancellation)).ConfigureAwait(false);
            return [.. gateways.Where((_, i) => tries[i].IsCompletedSuccessfully && tries[i].Result is null)];
        }
        cancellation.ThrowIfCancellationRequested();
        var failures = await Task.WhenAll(tries).ConfigureAwait(false);
        throw Unreachable(context, string.Join("; ", gateways.Select((gateway, i) => $"{gateway}: {Explain(failures[i]!, limit)}")));
    }

    public static RefusalException Unreachable(OverlayContext context, string why) => new(
        ErrorCodes.Unreachable,
        $"no gateway of context '{context.Name}' answers ({why}); is overlayd running there? "
            + (context.Lab is { } lab ? $"'overlay lab status --name {lab}' shows the lab's hosts" : "'overlay context ls' shows the other contexts"),
        ("context", context.Name), ("gateways", string.Join(',', context.Gateways)));

    public static string Explain(Exception error, TimeSpan limit) => error switch
    {
        OperationCanceledException or TimeoutException => $"no answer within {limit.TotalSeconds:0.#} s",
        SocketException socket => socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connection refused",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable => "no route",
            _ => socket.Message,
        },
        CertificateRefusedException => "does not accept this certificate",
        AuthenticationException => "its certificate is not of this cluster",
        _ when error.GetBaseException() is { } cause && cause != error => Explain(cause, limit),
        IOException => "closed the connection: it is no gateway, or one without certificates",
        _ => error.Message.ReplaceLineEndings(" "),
    };

    private static IPEndPoint ParseOne(OverlayContext context, string text) =>
        IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0
            ? endpoint
            : throw new RefusalException(
                ErrorCodes.InvalidArgument,
                $"context '{context.Name}' has the gateway '{text}', which is not ADDRESS:PORT (10.0.0.1:30000, [fd00::1]:30000)",
                ("context", context.Name), ("gateway", text));

    private static async Task<bool> AnyAsync(IEnumerable<Task<Exception?>> tries)
    {
        var open = tries.ToList();
        while (open.Count > 0)
        {
            var first = await Task.WhenAny(open).ConfigureAwait(false);
            if (await first.ConfigureAwait(false) is null)
                return true;
            open.Remove(first);
        }
        return false;
    }

    private static async Task<Exception?> TryAsync(IPEndPoint gateway, MutualTls? tls, CancellationToken cancellation)
    {
        try
        {
            using var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(gateway, cancellation).ConfigureAwait(false);
            if (tls is null)
                return null;
            // A stopped process still accepts in its kernel: only a handshake shows that someone is at home.
            await using var stream = await tls.ConnectAsync(new NetworkStream(socket), cancellation).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (error is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            return error;
        }
    }
}
