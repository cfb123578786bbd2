using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Feeds;
using Overlay.Contracts.Errors;
using Overlay.Contracts.Records;
using Overlay.Linux;

namespace Overlay.Agent;

/// <summary>Makes the host known to the cluster, as soon as the control plane is there.</summary>
internal sealed partial class HostRegistration(
    AgentOptions options, IKernel kernel, IControlPlane control, FeedFollower follower, TimeProvider time, ILogger<HostRegistration> logger) : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly string _epoch = Guid.CreateVersion7().ToString("N");
    private volatile string? _problem;

    /// <summary>Why the cluster does not take this host, as far as that is known.</summary>
    public string? Problem => _problem;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstRetry;
        while (!await TryRegister(stoppingToken).ConfigureAwait(false) && !stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestRetry ? pause * 2 : LongestRetry;
        }
    }

    private async Task<bool> TryRegister(CancellationToken stopping)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            timeout.CancelAfter(CallTimeout);
            await control.Register(Describe(), timeout.Token).ConfigureAwait(false);
            _problem = null;
            Registered(logger, options.HostName);
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

    private HostRecord Describe() => new()
    {
        Name = options.HostName,
        MachineId = File.Exists(options.MachineIdFile) ? File.ReadAllText(options.MachineIdFile).Trim() : "",
        TunnelAddress = options.TunnelAddress,
        UnderlayMtu = UnderlayMtu(),
        Epoch = _epoch,
        Version = options.Version,
        Role = options.Role,
        Registered = time.GetUtcNow(),
    };

    private int UnderlayMtu()
    {
        var index = kernel.Host.DumpAddresses().FirstOrDefault(a => a.Address == options.TunnelAddress)?.LinkIndex
            ?? throw new InvalidOperationException(
                $"this host has no link with the tunnel address {options.TunnelAddress}; add it to one, or name another with --tunnel-address");
        return kernel.Host.DumpLinks().First(l => l.Index == index).Mtu;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "host {Host} is registered")]
    private static partial void Registered(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Error, Message = "host {Host} cannot join, will try again: {Reason}")]
    private static partial void Refused(ILogger logger, string host, string reason);
}
