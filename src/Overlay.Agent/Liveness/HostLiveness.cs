using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Desired;
using Overlay.Agent.View;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Linux.Probing;

namespace Overlay.Agent.Liveness;

/// <summary>
/// Probes each host that shares a network with this one, four times a second. The peer's kernel answers, so a host whose
/// agent is dead or stopped is alive; a cut link is seen after 1.0 to 1.3 s. Now and then a probe is as large as the
/// networks' packets may be (<see cref="PathJudge"/>).
/// </summary>
/// <remarks>
/// On a thread of its own: the pool's are the first to be late under load. It wakes once an interval, whatever the
/// number of hosts, for replies wait in the socket; and not at all while there is no host to probe.
/// </remarks>
internal sealed partial class HostLiveness : BackgroundService, IHostLiveness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly HostContext _self;
    private readonly INetNamespace _space;
    private readonly ViewStore _views;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LivenessJudge _judge;
    private readonly PathJudge _paths;
    private HostView _seen = HostView.Empty;
    private ImmutableDictionary<string, ImmutableArray<Address>> _targets = ImmutableDictionary<string, ImmutableArray<Address>>.Empty;
    private ImmutableDictionary<string, PathTarget> _pathTargets = ImmutableDictionary<string, PathTarget>.Empty;
    private volatile ImmutableDictionary<string, int> _narrow = ImmutableDictionary<string, int>.Empty;
    private volatile ImmutableDictionary<string, HostDown> _down = ImmutableDictionary<string, HostDown>.Empty;
    private string? _problem;

    public HostLiveness(HostContext self, IKernel kernel, ViewStore views, IClusterMembers members, TimeProvider time, ILogger<HostLiveness> logger)
    {
        (_self, _space, _views, _time, _logger) = (self, kernel.Host, views, time, logger);
        _judge = new(members, time, NewCookie);
        _paths = new(NewCookie);
    }

    public ImmutableDictionary<string, HostDown> Down => _down;

    public event Action? Changed;

    /// <summary>Networks whose full-size packets do not reach a host, and what would help.</summary>
    public ImmutableArray<string> PathProblems => PathTargets.Problems(_views.Current, _self, _narrow);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Run(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Run(CancellationToken stopping)
    {
        using var viewChanged = new AutoResetEvent(true);
        void OnView(HostView view) => viewChanged.Set();
        _views.Changed += OnView;
        using var echo = new EchoSocket(_space);
        WaitHandle[] either = [stopping.WaitHandle, viewChanged];
        var began = _time.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            if (Follow())
                stopping.WaitHandle.WaitOne(Interval);
            else
                WaitHandle.WaitAny(either);
            var now = _time.GetTimestamp();
            TryProbe(echo, onTime: _time.GetElapsedTime(began, now) < 2 * Interval);
            began = now;
        }
        _views.Changed -= OnView;
    }

    /// <summary>False when there is no host to probe.</summary>
    private bool Follow()
    {
        var view = _views.Current;
        if (!ReferenceEquals(view, _seen))
            (_seen, _targets, _pathTargets) = (view, ProbeTargets.Of(view, _self.Name), PathTargets.Of(view, _self));
        return !_targets.IsEmpty;
    }

    // Whatever it is: without this thread nobody would ever be found dead, or alive again.
    private void TryProbe(EchoSocket echo, bool onTime)
    {
        try
        {
            Probe(echo, onTime);
        }
        catch (Exception failure)
        {
            if (failure.Message != _problem)
                CannotProbe(_logger, _problem = failure.Message);
        }
    }

    private void Probe(EchoSocket echo, bool onTime)
    {
        while (echo.TryReceive(out var cookie))
        {
            _judge.Answered(cookie);
            _paths.Answered(cookie);
        }
        var probes = _judge.Next(_targets, onTime);
        Publish();
        // One that cannot be sent is one that is not answered.
        foreach (var (to, cookie) in probes)
            echo.TrySend(to, cookie);
        foreach (var probe in _paths.Next(_pathTargets, Down.ContainsKey, onTime))
            echo.TrySend(probe.To, probe.Cookie, probe.Size);
        PublishPaths();
    }

    private void PublishPaths()
    {
        var before = _narrow;
        if (ReferenceEquals(before, _paths.Narrow))
            return;
        _narrow = _paths.Narrow;
        foreach (var (host, size) in _narrow.Where(n => before.GetValueOrDefault(n.Key) != n.Value))
            IsNarrow(_logger, host, size, _pathTargets[host].Size);
        foreach (var host in before.Keys.Where(h => !_narrow.ContainsKey(h)))
            IsWide(_logger, host);
    }

    private static ulong NewCookie() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    private void Publish()
    {
        var before = _down;
        if (ReferenceEquals(before, _judge.Down))
            return;
        _down = _judge.Down;
        foreach (var (host, reason) in _down.Where(d => !before.ContainsKey(d.Key)))
            WentDown(_logger, host, reason);
        foreach (var host in before.Keys.Where(h => !_down.ContainsKey(h)))
            CameBack(_logger, host);
        Changed?.Invoke();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "host {Host} {Reason}: its endpoints leave DNS here")]
    private static partial void WentDown(ILogger logger, string host, HostDown reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "host {Host} is back: its endpoints are in DNS again")]
    private static partial void CameBack(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "packets of more than {Size} bytes do not reach host {Host} through the tunnel, {Wanted} should: see 'overlay host inspect'")]
    private static partial void IsNarrow(ILogger logger, string host, int size, int wanted);

    [LoggerMessage(Level = LogLevel.Information, Message = "full-size packets to host {Host} are not known to be lost any more")]
    private static partial void IsWide(ILogger logger, string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "hosts cannot be probed, only the cluster's membership tells that one is dead: {Reason}")]
    private static partial void CannotProbe(ILogger logger, string reason);
}
