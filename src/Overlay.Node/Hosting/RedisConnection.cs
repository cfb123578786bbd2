using System.Net.Sockets;
using Overlay.Node.Configuration;
using StackExchange.Redis;

namespace Overlay.Node.Hosting;

/// <summary>How this process reaches the cluster's Redis, and whether it can right now.</summary>
internal sealed class RedisConnection(NodeOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private ConnectionMultiplexer? _connection;

    public string Address { get; } = $"{options.Redis.Host}:{options.Redis.Port}";

    public ConfigurationOptions Configuration { get; } = new()
    {
        EndPoints = { options.Redis },
        Password = options.RedisPassword,
        ClientName = $"overlayd-{options.HostName}",
        AbortOnConnectFail = true,
        ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds,
        SyncTimeout = (int)CommandTimeout.TotalMilliseconds,
        AsyncTimeout = (int)CommandTimeout.TotalMilliseconds,
        ReconnectRetryPolicy = new LinearRetry(500),
    };

    /// <summary>The shared connection, made on the first success; from then on it reconnects by itself.</summary>
    /// <exception cref="RedisUnavailableException">With one line that says why.</exception>
    public async Task<ConnectionMultiplexer> GetAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            return _connection ??= await ConnectionMultiplexer.ConnectAsync(Configuration);
        }
        catch (RedisConnectionException error)
        {
            throw new RedisUnavailableException($"Redis at {Address} {Explain(error)}", error);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<bool> IsReachableAsync(TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            var connection = await GetAsync(cancellation).WaitAsync(limit, cancellation);
            await connection.GetDatabase().PingAsync().WaitAsync(limit, cancellation);
            return true;
        }
        catch (Exception error) when (error is RedisUnavailableException or RedisException or TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _gate.Dispose();
    }

    private static string Explain(RedisConnectionException error)
    {
        if (error.GetBaseException() is SocketException socket)
            return $"cannot be reached ({socket.Message})";
        return error.FailureType == ConnectionFailureType.AuthenticationFailure || error.Message.Contains("NOAUTH", StringComparison.Ordinal)
            ? "refuses the password; check --redis-password-file against its requirepass"
            : $"cannot be reached ({error.FailureType})";
    }
}

internal sealed class RedisUnavailableException(string message, Exception cause) : Exception(message, cause);
