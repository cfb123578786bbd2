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
        var gateways = OverlayClientGateways.Parse(context);
        var tls = context.Certificates.Length > 0 ? MutualTls.Load(context.Certificates, MutualTls.ClientFile, TimeProvider.System) : null;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(deadline);
        ServiceProvider? services = null;
        try
        {
            var answering = await OverlayClientGateways.FindAnsweringAsync(context, gateways, tls, deadline, timeout.Token).ConfigureAwait(false);
            services = Configure(context, answering, tls, deadline);
            foreach (var hosted in services.GetServices<IHostedService>())
                await hosted.StartAsync(timeout.Token).WaitAsync(timeout.Token).ConfigureAwait(false);
            return new OverlayClient(context, services, tls);
        }
        catch (Exception error)
        {
            await DisposeAsync(services, tls).ConfigureAwait(false);
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

    private static ServiceProvider Configure(OverlayContext context, IReadOnlyList<IPEndPoint> gateways, MutualTls? tls, TimeSpan deadline)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddOrleansClient(client =>
        {
            client.UseStaticClustering([.. gateways]);
            client.AddOutgoingGrainCallFilter<CallErrors>();
            client.Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = context.Cluster);
            client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = deadline);
            client.Configure<ConnectionOptions>(options =>
            {
                options.OpenConnectionTimeout = TimeSpan.FromSeconds(1);
                options.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
            });
            if (tls is not null)
                client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.UseMutualTlsClient(tls)));
        });
        return services.BuildServiceProvider();
    }

    private static async ValueTask DisposeAsync(ServiceProvider? services, MutualTls? tls)
    {
        if (services is not null)
            await services.DisposeAsync().ConfigureAwait(false);
        tls?.Dispose();
    }
}
