using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Overlay.Testing.Redis;

namespace Overlay.Cluster.Tests.Processes;

/// <summary>A real overlayd in a process of its own, without an agent: it needs no privilege.</summary>
internal sealed class Overlayd : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string[] _arguments;
    private readonly HttpClient _local;
    private readonly List<string> _log = [];
    private Process? _process;

    public Overlayd(string name, string directory, string certificates, params string[] store)
    {
        _directory = Path.Combine(directory, name);
        Gateway = $"127.0.0.1:{RedisServer.FreePort()}";
        _arguments =
        [
            "--role", "control", "--cluster", "processes", "--host-name", name, "--certificates", certificates,
            "--silo-address", $"127.0.0.1:{RedisServer.FreePort()}", "--gateway-address", Gateway,
            "--state-dir", Path.Combine(_directory, "state"), "--run-dir", Path.Combine(_directory, "run"), .. store,
        ];
        _local = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancellation) => ConnectAsync(cancellation) }) { BaseAddress = new("http://overlayd") };
    }

    public string Gateway { get; }

    public string LocalSocket => Path.Combine(_directory, "run", "agent.sock");

    public string StoreFile => Path.Combine(_directory, "state", "store.db");

    /// <summary>Waits for it to end by itself.</summary>
    public async Task<int> ExitStatus()
    {
        await _process!.WaitForExitAsync();
        return _process.ExitCode;
    }

    public bool IsRunning => _process is { HasExited: false };

    public string Log
    {
        get
        {
            lock (_log)
                return string.Join('\n', _log);
        }
    }

    public void Start()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "overlayd"), _arguments) { RedirectStandardError = true };
        start.Environment.Remove("NOTIFY_SOCKET");
        _process = Process.Start(start) ?? throw new InvalidOperationException("overlayd did not start");
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
                _log.Add(line.Data ?? "");
        };
        _process.BeginErrorReadLine();
    }

    public Task UntilReady(bool ready = true) => Until.True(
        async () => await StatusOf("/ready") == (ready ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable),
        $"{_arguments[5]} is {(ready ? "ready" : "not ready")}");

    /// <summary>Null: nobody answers.</summary>
    public async Task<HttpStatusCode?> StatusOf(string path)
    {
        try
        {
            using var answer = await _local.GetAsync(path);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        if (_process is not { } process)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _local.Dispose();
    }

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(LocalSocket), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
