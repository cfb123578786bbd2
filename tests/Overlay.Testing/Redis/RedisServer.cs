using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Overlay.Testing.Redis;

/// <summary>A redis-server of the test's own, as Overlay runs it: appendfsync always, noeviction; its own port and directory.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(10);

    private const string AppendOnly = "appendonlydir";

    private readonly string _directory = Directory.CreateTempSubdirectory("overlay-redis-").FullName;
    private Process? _process;

    private readonly string? _certificates;

    private RedisServer(int port, string? certificates) => (Port, _certificates) = (port, certificates);

    /// <summary>Where it speaks TLS, when it was given certificates.</summary>
    public int TlsPort { get; } = FreePort();

    public int Port { get; }

    public string EndPoint => $"127.0.0.1:{Port}";

    /// <param name="certificates">With ca.crt, host.crt and host.key: it speaks TLS too.</param>
    public static async Task<RedisServer> StartAsync(string? certificates = null)
    {
        var server = new RedisServer(FreePort(), certificates);
        await server.Start();
        return server;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task Start()
    {
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _directory,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--logfile", "redis.log", .. Tls(),
        ];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments)) ?? throw new InvalidOperationException("redis-server did not start");
        using var deadline = new CancellationTokenSource(StartDeadline);
        using var again = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await AnswersAsync(deadline.Token))
            await again.WaitForNextTickAsync(deadline.Token);
    }

    /// <summary>SIGKILL: what was acknowledged must be there after the next <see cref="Start"/>.</summary>
    public async Task Stop()
    {
        if (_process is not { } process)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        _process = null;
    }

    /// <summary>A copy of what is on its disk now, as a backup has it.</summary>
    public string Copy()
    {
        var copy = Path.Combine(_directory, "copies", Guid.NewGuid().ToString("N"));
        CopyFiles(Path.Combine(_directory, AppendOnly), copy);
        return copy;
    }

    /// <summary>While it is stopped.</summary>
    public void Restore(string copy)
    {
        Directory.Delete(Path.Combine(_directory, AppendOnly), recursive: true);
        CopyFiles(copy, Path.Combine(_directory, AppendOnly));
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Directory.Delete(_directory, recursive: true);
    }

    private static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private string[] Tls() => _certificates is null ? [] :
    [
        "--tls-port", TlsPort.ToString(CultureInfo.InvariantCulture), "--tls-ca-cert-file", Path.Combine(_certificates, "ca.crt"),
        "--tls-cert-file", Path.Combine(_certificates, "host.crt"), "--tls-key-file", Path.Combine(_certificates, "host.key"),
    ];

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancellation);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray(), cancellation);
            var answer = new byte[7];
            await client.GetStream().ReadExactlyAsync(answer, cancellation);
            return answer.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }
}
