using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Security;
using Overlay.Core;

namespace Overlay.Contracts.Client;

/// <summary>
/// A connection to one cluster through the gateways of a context. Gateways are tried all at once, and only those that
/// answer are used: a dead one costs nothing.
/// </summary>
public sealed class OverlayClient : IAsyncDisposable
{
    // A goodbye is a courtesy: the silos notice a closed connection by themselves.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromMilliseconds(200);

    private readonly ServiceProvider _services;
    private readonly MutualTls? _tls;

    private OverlayClient(OverlayContext context, ServiceProvider services, MutualTls? tls)
    {
        Context = context;
        _services = services;
        _tls = tls;
        Cluster = services.GetRequiredService<IClusterClient>();
    }

    public OverlayContext Context { get; }

    public IClusterClient Cluster { get; }

    public IGrainFactory Grains => Cluster;

    /// <param name="deadline">For the connection, and from then on for each call.</param>
    /// <exception cref="RefusalException">Code unreachable: which gateways were tried, how each failed, what would work.</exception>
    public static async Task<OverlayClient> ConnectAsync(OverlayContext context, TimeSpan deadline, CancellationToken cancellation = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(deadline);
        // Side by side, for each takes some 100 ms in a new process: finding gateways, and putting the client together.
        var way = Task.Run(() => FindAsync(context, deadline, timeout.Token), CancellationToken.None);
        ServiceProvider? services = null;
        try
        {
            services = Configure(context, way, deadline);
            var parts = services.GetServices<IHostedService>().ToList();
            await way.ConfigureAwait(false);
            foreach (var part in parts)
                await part.StartAsync(timeout.Token).WaitAsync(timeout.Token).ConfigureAwait(false);
            return new OverlayClient(context, services, (await way.ConfigureAwait(false)).Tls);
        }
        catch (Exception error)
        {
            await ((Task)way).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await DisposeAsync(services, way.IsCompletedSuccessfully ? way.Result.Tls : null).ConfigureAwait(false);
            if (error is RefusalException || cancellation.IsCancellationRequested)
                throw;
            throw OverlayClientGateways.Unreachable(context, OverlayClientGateways.Explain(error, deadline));
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var timeout = new CancellationTokenSource(GoodbyeTimeout);
        foreach (var hosted in _services.GetServices<IHostedService>())
        {
            try
            {
                await hosted.StopAsync(timeout.Token).WaitAsync(timeout.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await DisposeAsync(_services, _tls).ConfigureAwait(false);
    }

    private static async Task<Way> FindAsync(OverlayContext context, TimeSpan deadline, CancellationToken cancellation)
    {
        var gateways = OverlayClientGateways.Parse(context);
        var tls = context.Certificates.Length > 0 ? MutualTls.Load(context.Certificates, MutualTls.ClientFile, TimeProvider.System) : null;
        try
        {
            return new Way(await OverlayClientGateways.FindAnsweringAsync(context, gateways, tls, deadline, cancellation).ConfigureAwait(false), tls);
        }
        catch
        {
            tls?.Dispose();
            throw;
        }
    }

    // What depends on the way is asked for late, inside of Orleans, which can only wait for it there.
    private static ServiceProvider Configure(OverlayContext context, Task<Way> way, TimeSpan deadline)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddOrleansClient(client =>
        {
            client.UseStaticClustering(options => options.Gateways = [.. way.GetAwaiter().GetResult().Gateways.Select(gateway => gateway.ToGatewayUri())]);
            client.AddOutgoingGrainCallFilter<CallErrors>();
            client.Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = context.Cluster);
            client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = deadline);
            client.Configure<ConnectionOptions>(options =>
            {
                options.OpenConnectionTimeout = TimeSpan.FromSeconds(1);
                options.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
            });
            client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection =>
            {
                if (way.GetAwaiter().GetResult().Tls is { } tls)
                    connection.UseMutualTlsClient(tls);
            }));
        });
        return services.BuildServiceProvider();
    }

    private static async ValueTask DisposeAsync(ServiceProvider? services, MutualTls? tls)
    {
        if (services is not null)
            await services.DisposeAsync().ConfigureAwait(false);
        tls?.Dispose();
    }

    private sealed record Way(IReadOnlyList<IPEndPoint> Gateways, MutualTls? Tls);
}
