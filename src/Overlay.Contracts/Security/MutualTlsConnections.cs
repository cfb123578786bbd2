using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Overlay.Contracts.Security;

/// <summary>Puts mutual TLS between an Orleans connection and its socket; nothing is read or sent before the handshake.</summary>
public static partial class MutualTlsConnections
{
    // A peer that connects and says nothing must not hold a connection for ever.
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A refused peer costs one log line, one that went away during the handshake none; the connection is closed.</summary>
    public static void UseMutualTlsServer(this IConnectionBuilder builder, MutualTls tls, params CertificateRole[] accepted)
    {
        var logger = builder.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(MutualTls).FullName!);
        builder.Use(next => async connection =>
        {
            if (await TryAccept(tls, accepted, connection, logger).ConfigureAwait(false) is { } stream)
                await RunOver(stream, connection, next).ConfigureAwait(false);
        });
    }

    /// <summary>The other end must be a host of this cluster.</summary>
    public static void UseMutualTlsClient(this IConnectionBuilder builder, MutualTls tls) => builder.Use(next => async connection =>
    {
        using var timeout = new CancellationTokenSource(HandshakeTimeout);
        var stream = await tls.ConnectAsync(new MutualTlsStream(connection.Transport), timeout.Token).ConfigureAwait(false);
        await RunOver(stream, connection, next).ConfigureAwait(false);
    });

    private static async Task<SslStream?> TryAccept(MutualTls tls, CertificateRole[] accepted, ConnectionContext connection, ILogger logger)
    {
        try
        {
            using var timeout = new CancellationTokenSource(HandshakeTimeout);
            return await tls.AcceptAsync(new MutualTlsStream(connection.Transport), accepted, timeout.Token).ConfigureAwait(false);
        }
        catch (AuthenticationException error)
        {
            Refused(logger, connection.RemoteEndPoint, error.GetBaseException().Message);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            Left(logger, connection.RemoteEndPoint, error.GetBaseException().Message);
        }
        return null;
    }

    private static async Task RunOver(SslStream stream, ConnectionContext connection, ConnectionDelegate next)
    {
        var socket = connection.Transport;
        var input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        connection.Transport = new DuplexPipe(input, output);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = socket;
            await input.CompleteAsync().ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "refused a connection from {Peer}: {Reason}")]
    private static partial void Refused(ILogger logger, System.Net.EndPoint? peer, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} left during the handshake: {Reason}")]
    private static partial void Left(ILogger logger, System.Net.EndPoint? peer, string reason);

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
