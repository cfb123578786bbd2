using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Node.Configuration;

namespace Overlay.Node.LocalApi;

/// <summary>
/// HTTP on RUN_DIR/agent.sock, for this host's administrator and supervisor: one GET, one answer, goodbye. It is so
/// little that a web server (6 MB in every idle host, measured with Kestrel) would cost more than all it does.
/// </summary>
internal sealed partial class LocalHttpServer(NodeOptions options, LocalResources resources, ILogger<LocalHttpServer> logger) : BackgroundService
{
    public const string SocketName = "agent.sock";

    private const int LongestRequest = 8192;
    private const int MostConnections = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly string _path = Path.Combine(options.RunDirectory, SocketName);
    private readonly SemaphoreSlim _room = new(MostConnections);
    private Socket? _listener;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _listener = LocalSocket.Listen(_path, MostConnections);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        File.Delete(_path);
    }

    public override void Dispose()
    {
        _listener?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _room.WaitAsync(stoppingToken);
                _ = ServeAsync(await _listener!.AcceptAsync(stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                _room.Release();
                NotAccepted(error.Message);
            }
        }
    }

    private async Task ServeAsync(Socket connection, CancellationToken stopping)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            timeout.CancelAfter(Patience);
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            var answer = await ReadHeadAsync(stream, timeout.Token) is { } head
                ? await resources.AnswerAsync(head.Split("\r\n")[0], timeout.Token)
                : LocalAnswer.BadRequest;
            await stream.WriteAsync(answer.ToBytes(), timeout.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The caller went away, or never said anything: nobody is left to tell.
        }
        finally
        {
            _room.Release();
        }
    }

    /// <summary>Everything up to the empty line; null when that is too long or never comes.</summary>
    private static async Task<string?> ReadHeadAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[LongestRequest];
        var length = 0;
        while (length < buffer.Length && await stream.ReadAsync(buffer.AsMemory(length), cancellation) is var read and > 0)
        {
            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is var end and >= 0)
                return Encoding.ASCII.GetString(buffer, 0, end);
        }
        return null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the local API could not accept a connection: {Reason}")]
    private partial void NotAccepted(string reason);
}
