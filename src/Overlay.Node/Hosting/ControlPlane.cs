using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Grains.Hosting;

namespace Overlay.Node.Hosting;

/// <summary>
/// Keeps this host a member of the cluster. It never ends the process: while the store is away, or after the others have
/// declared this silo dead, agent and names go on with what they know, and a new silo is tried until one has joined.
/// </summary>
internal sealed partial class ControlPlane(
    SiloFactory silos, Membership membership, IClusterStore store, TimeProvider time, ILogger<ControlPlane> logger)
    : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = ShortestPause;
        var complaint = new Complaint(time, ForgottenAfter);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LiveAsync(await store.OpenAsync(stoppingToken), stoppingToken);
                pause = ShortestPause;
                complaint = new Complaint(time, ForgottenAfter);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            // Whatever keeps a silo from starting may pass; names and data path must not wait for it.
            catch (Exception error)
            {
                var reason = error is StoreNotReachableException ? error.Message : error.GetBaseException().Message;
                if (complaint.IsNew(reason))
                    NotJoined(reason);
                FailureDetail(error);
            }
            if (!stoppingToken.IsCancellationRequested)
                await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task LiveAsync(OpenStore opened, CancellationToken stopping)
    {
        var fatal = new SiloFatalErrors(logger);
        using var silo = silos.Create(opened, fatal);
        var left = false;
        try
        {
            var started = silo.StartAsync(stopping);
            if (await Task.WhenAny(started, fatal.Fatal) == fatal.Fatal)
                throw new InvalidOperationException($"the silo gave up while it started: {await fatal.Fatal}");
            await started;
            membership.Join(silo.Services.GetRequiredService<IGrainFactory>(), silo.Services.GetRequiredService<LiveHosts>());
            Joined();
            await Task.WhenAny(fatal.Fatal, Task.Delay(Timeout.InfiniteTimeSpan, stopping));
            left = stopping.IsCancellationRequested;
            if (!left)
                Lost(await fatal.Fatal);
        }
        finally
        {
            membership.Leave();
            await StopAsync(silo, gracefully: left);
        }
    }

    // A graceful stop writes 'dead' into the membership, so that the others need not find out.
    private static async Task StopAsync(IHost silo, bool gracefully)
    {
        using var limit = gracefully ? new CancellationTokenSource(StopTimeout) : new CancellationTokenSource(0);
        try
        {
            await silo.StopAsync(limit.Token).WaitAsync(StopTimeout * 2, CancellationToken.None);
        }
        catch (Exception)
        {
            // The silo is thrown away in any case; the others' probes notice what it could not say.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "joined the cluster")]
    private partial void Joined();

    [LoggerMessage(Level = LogLevel.Warning, Message = "not in the cluster: {Reason}; names and traffic go on with what is known here, and joining is tried again until it works")]
    private partial void NotJoined(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cluster has dropped this host ({Reason}); it joins again")]
    private partial void Lost(string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "the silo did not start")]
    private partial void FailureDetail(Exception error);
}
