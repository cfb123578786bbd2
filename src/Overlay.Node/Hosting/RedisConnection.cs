using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Contracts.Security;
using Overlay.Grains.Store;
using Overlay.Node.Configuration;
using StackExchange.Redis;

namespace Overlay.Node.Hosting;

/// <summary>How this process reaches the cluster's Redis, and whether it can right now.</summary>
internal sealed class RedisConnection : IClusterStore
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly string _cluster;
    private readonly string _address;
    private readonly ConfigurationOptions _configuration;
    private readonly RedisSettingsCheck _settings;
    private readonly MutualTls? _tls;
    private ConnectionMultiplexer? _connection;
    private OpenStore? _store;

    public RedisConnection(NodeOptions options, DnsEndPoint redis, ILogger<RedisConnection> logger)
    {
        _cluster = options.Cluster;
        _address = $"{redis.Host}:{redis.Port}";
        _settings = new RedisSettingsCheck(_address, logger);
        _configuration = new ConfigurationOptions
        {
            EndPoints = { redis },
            Password = options.RedisPassword,
            ClientName = $"overlayd-{options.HostName}",
            AbortOnConnectFail = true,
            // To ask for its settings.
            AllowAdmin = true,
            ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds,
            SyncTimeout = (int)CommandTimeout.TotalMilliseconds,
            AsyncTimeout = (int)CommandTimeout.TotalMilliseconds,
            ReconnectRetryPolicy = new LinearRetry(500),
        };
        if (options is { RedisTls: true, Certificates: { } certificates })
        {
            _tls = MutualTls.Load(certificates, MutualTls.HostFile, TimeProvider.System);
            _configuration.Ssl = true;
            _configuration.SslClientAuthenticationOptions = _ => _tls.ClientOptions();
        }
    }

    /// <summary>The shared connection is made on the first success; from then on it reconnects by itself.</summary>
    public async Task<OpenStore> OpenAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            return _store ??= await ConnectAsync();
        }
        catch (RedisConnectionException error)
        {
            throw new StoreNotReachableException($"Redis at {_address} {Explain(error)}", error);
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
            await OpenAsync(cancellation).WaitAsync(limit, cancellation);
            await _connection!.GetDatabase().PingAsync().WaitAsync(limit, cancellation);
            return true;
        }
        catch (Exception error) when (error is StoreNotReachableException or RedisException or TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
            await connection.DisposeAsync();
        _tls?.Dispose();
        _gate.Dispose();
    }

    private async Task<OpenStore> ConnectAsync()
    {
        var connection = _connection = await ConnectionMultiplexer.ConnectAsync(_configuration);
        _settings.Watch(connection);
        return new OpenStore(
            new RedisRecordStore(connection, new RedisRecordStoreOptions { Cluster = _cluster }),
            silo => silo.UseRedisClustering(clustering =>
            {
                // Demanded, and unused: the connection is ours.
                clustering.ConfigurationOptions = new ConfigurationOptions();
                clustering.CreateMultiplexer = _ => Task.FromResult<(IConnectionMultiplexer, bool)>((connection, true));
            }),
            () => _settings.Warnings);
    }

    private static string Explain(RedisConnectionException error) => error.GetBaseException() switch
    {
        SocketException socket => $"cannot be reached ({socket.Message})",
        AuthenticationException refused =>
            $"shows no certificate of this cluster ({refused.Message}); --redis must name its tls-port, and its certificate be a host's of ca.crt",
        _ when error.FailureType == ConnectionFailureType.AuthenticationFailure || error.Message.Contains("NOAUTH", StringComparison.Ordinal) =>
            "refuses the password; check --redis-password-file against its requirepass",
        _ => $"cannot be reached ({error.FailureType})",
    };
}
