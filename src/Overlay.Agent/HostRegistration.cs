using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Feeds;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Records;
using Overlay.Linux;

namespace Overlay.Agent;

/// <summary>Makes the host known to the cluster, as soon as the control plane is there, and again when it has changed.</summary>
internal sealed partial class HostRegistration(
    AgentOptions options, HostFacts facts, IControlPlane control, FeedFollower follower, TimeProvider time, ILogger<HostRegistration> logger) : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private HostRecord? _registered;
    private volatile string? _problem;

    /// <summary>Why the cluster does not take this host, as far as that is known.</summary>
    public string? Problem => _problem;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var retry = FirstRetry;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = options.ResyncInterval;
            if (await TryRegister(stoppingToken).ConfigureAwait(false))
                retry = FirstRetry;
            else
                (pause, retry) = (retry, retry * 2 < LongestRetry ? retry * 2 : LongestRetry);
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TryRegister(CancellationToken stopping)
    {
        try
        {
            var host = facts.Read();
            if (IsRegistered(host))
                return true;
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            timeout.CancelAfter(CallTimeout);
            await control.Register(host, timeout.Token).ConfigureAwait(false);
            _problem = null;
            if (_registered is null)
                Registered(logger, options.HostName);
            _registered = host;
            await follower.Pull(Partitions.Hosts).ConfigureAwait(false);
            return true;
        }
        catch (Exception error)
        {
            if (stopping.IsCancellationRequested)
                return false;
            if (error is OverlayException or KernelException or InvalidOperationException && _problem != error.Message)
                Refused(logger, options.HostName, error.Message);
            _problem = error.Message;
            return false;
        }
    }

    private bool IsRegistered(HostRecord host) =>
        _registered is { } last && last with { Registered = host.Registered, Routes = host.Routes } == host && last.Routes.SequenceEqual(host.Routes);

    [LoggerMessage(Level = LogLevel.Information, Message = "host {Host} is registered")]
    private static partial void Registered(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Error, Message = "host {Host} cannot join, will try again: {Reason}")]
    private static partial void Refused(ILogger logger, string host, string reason);
}
