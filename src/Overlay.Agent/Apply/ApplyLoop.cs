using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Overlay.Agent.Names;
using Overlay.Agent.Sandboxes;
using Overlay.Agent.View;
using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>
/// The one loop that writes to the kernel. Events only mark something dirty. A changed view is applied at once; what the
/// kernel reports is looked at a little later, once for a burst; everything is looked at on a timer; what failed is tried
/// again, ever more seldom.
/// </summary>
internal sealed partial class ApplyLoop : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CommandInterval = TimeSpan.FromMilliseconds(500);

    private readonly AgentOptions _options;
    private readonly IKernel _kernel;
    private readonly ViewStore _views;
    private readonly HostApplier _applier;
    private readonly CommandSupervisor _commands;
    private readonly HostResolver _resolver;
    private readonly DirtyMarks _dirty;
    private readonly AgentMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private IReadOnlyList<string> _missing = [];
    private AppliedState _applied = AppliedState.None;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HostView? _tried;
    private DateTimeOffset _resyncAt = DateTimeOffset.MinValue;
    private DateTimeOffset _retryAt = DateTimeOffset.MaxValue;
    private int _failures;

    public ApplyLoop(
        AgentOptions options, IKernel kernel, ViewStore views, HostApplier applier, CommandSupervisor commands, HostResolver resolver,
        DirtyMarks dirty, AgentMetrics metrics, TimeProvider time, ILogger<ApplyLoop> logger)
    {
        (_options, _kernel, _views, _applier, _commands) = (options, kernel, views, applier, commands);
        (_resolver, _dirty, _metrics, _time, _logger) = (resolver, dirty, metrics, time, logger);
        views.Changed += _ => dirty.Wake();
    }

    public AppliedState Applied => Volatile.Read(ref _applied);

    /// <summary>What this kernel lacks, found at start.</summary>
    public IReadOnlyList<string> Missing => Volatile.Read(ref _missing);

    /// <summary>Completes when a pass that began after this call's return may have ended: read <see cref="Applied"/> again.</summary>
    public Task NextPass => Volatile.Read(ref _next).Task;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Task.Run(() => Run(stoppingToken), CancellationToken.None), Task.Run(Probe, CancellationToken.None));

    // Beside the first pass: what the kernel has is used at once, and what it lacks fails with its own words as well.
    private void Probe()
    {
        try
        {
            Volatile.Write(ref _missing, [.. _kernel.Probe().Missing.Select(feature => $"this kernel lacks {feature}")]);
        }
        catch (Exception error)
        {
            Volatile.Write(ref _missing, [$"this kernel's features could not be tried: {error.Message}"]);
        }
        foreach (var feature in _missing)
            Lacks(_logger, feature);
    }

    private async Task Run(CancellationToken stopping)
    {
        using var watch = Watch();
        while (!stopping.IsCancellationRequested)
            await _dirty.WaitAsync(Turn(), _time, stopping).ConfigureAwait(false);
    }

    /// <summary>From now on what the kernel reports marks something dirty.</summary>
    internal IDisposable Watch()
    {
        _resolver.Refresh();
        var monitor = _kernel.Host.Watch(KernelEvents.All, _dirty.Host);
        return new Monitors(monitor, _kernel.MonitorNames(_dirty.Names));
    }

    /// <summary>Looks at what is due; returns when to look again if nothing is marked before.</summary>
    internal DateTimeOffset Turn()
    {
        var now = _time.GetUtcNow();
        var isResync = now >= _resyncAt;
        var everything = _resolver.Refresh() || isResync;
        var drifted = _dirty.TakeDue(now);
        // Taken in any case: a mark that stays would let the wait return at once, again and again.
        var woken = _dirty.TakeWoken();
        var viewChanged = !ReferenceEquals(_tried, _views.Current);
        if (_views.Current.IsComplete && (everything || viewChanged || drifted is not null || woken || now >= _retryAt))
        {
            // As long as something failed, a narrower look could miss it, and take the problem for solved.
            var scope = new PassScope(everything || _failures > 0, drifted?.Names ?? false, drifted?.Sandboxes ?? new Dictionary<ObjectId, KernelEvents>()) { Notices = _dirty.TakeNotices() };
            var clean = Pass(scope, isDrift: !viewChanged && !woken && (drifted is not null || (isResync && IsSettled)));
            _retryAt = clean ? DateTimeOffset.MaxValue : _time.GetUtcNow() + Backoff();
            if (everything)
                _resyncAt = _time.GetUtcNow() + _options.ResyncInterval;
        }
        TryLookAtCommands();
        return Earliest(_resyncAt, _retryAt);
    }

    private DateTimeOffset Earliest(DateTimeOffset resyncAt, DateTimeOffset retryAt)
    {
        var next = _time.GetUtcNow() + CommandInterval;
        if (!_views.Current.IsComplete)
            return next;
        if (resyncAt < next)
            next = resyncAt;
        return retryAt < next ? retryAt : next;
    }

    private TimeSpan Backoff() =>
        TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, FirstRetry.Ticks << Math.Min(_failures, 10)));

    // What the timer finds is then somebody else's doing, which nothing has reported.
    private bool IsSettled => _failures == 0 && _applied.Pending.IsEmpty;

    private bool Pass(PassScope scope, bool isDrift)
    {
        var view = _views.Current;
        var started = Stopwatch.GetTimestamp();
        // What an older view made had to stay until the control plane confirmed it: now is the time to take it away.
        if (view.MayDelete && !_applied.View.MayDelete)
            scope = scope with { Everything = true };
        var result = TryApply(view, scope);
        // Something may have been in the way for a moment only: one more look before anyone is told.
        if (!result.Problems.IsEmpty && !ReferenceEquals(_tried, view))
            result = TryApply(view, scope with { Everything = true });
        _metrics.Passed(Stopwatch.GetElapsedTime(started), isDrift && result.Writes > 0 ? result.Writes : 0);
        if (isDrift && result.Writes > 0)
            Repaired(_logger, result.Writes);
        _failures = result.Problems.IsEmpty ? 0 : _failures + 1;
        _tried = view;
        Publish(new(view, result.Problems, result.Warnings, result.Pending));
        return TryFinish(result) && result.Problems.IsEmpty;
    }

    // Whatever it is: a loop that ends would leave the host without repair, and a restart would only meet it again.
    private PassResult TryApply(HostView view, PassScope scope)
    {
        try
        {
            return _applier.Apply(view, scope);
        }
        catch (Exception error)
        {
            return new(
                0, ImmutableDictionary<ObjectId, string>.Empty.Add(default, error.Message), ImmutableDictionary<ObjectId, ImmutableArray<string>>.Empty, []);
        }
    }

    // After the answer: its failures are told of in a second one, and tried again.
    private bool TryFinish(PassResult result)
    {
        var problems = new Problems();
        try
        {
            _applier.Finish(problems);
        }
        catch (Exception error)
        {
            problems.Add(default, error.Message);
        }
        if (problems.Count == 0)
            return true;
        _failures++;
        Publish(Applied with { Problems = result.Problems.SetItems(problems.ToImmutable()) });
        return false;
    }

    private void TryLookAtCommands()
    {
        try
        {
            _commands.LookAtAll();
        }
        catch (Exception error)
        {
            NotLookedAt(_logger, error.Message);
        }
    }

    private void Publish(AppliedState state)
    {
        foreach (var (owner, problem) in state.Problems)
        {
            if (_applied.Problems.GetValueOrDefault(owner) != problem)
                NotMade(_logger, owner == default ? "host" : owner.Short, problem);
        }
        Volatile.Write(ref _applied, state);
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private sealed class Monitors(IDisposable host, IDisposable names) : IDisposable
    {
        public void Dispose()
        {
            names.Dispose();
            host.Dispose();
        }
    }
}
