using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Overlay.Agent;
using Overlay.Agent.Apply;
using Overlay.Agent.Feeds;
using Overlay.Agent.Supervision;
using Overlay.Agent.View;
using Overlay.Core;
using Overlay.Linux;
using Overlay.Testing.Agents;

namespace Overlay.Testing.Lives;

/// <summary>
/// The parts of an agent that write, as overlayd puts them together, without its threads: a test turns the loop by hand
/// and moves the clock, so that every run makes the same calls in the same order.
/// </summary>
public sealed class SteppedAgent : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly FakeControlPlane _control;
    private readonly ManualTime _time;
    private readonly ViewStore _views;
    private readonly ApplyLoop _loop;
    private readonly ViewDisk _disk;
    private IDisposable? _watch;

    public SteppedAgent(AgentOptions options, IKernel kernel, FakeControlPlane control, ISocketStore store, ManualTime time)
    {
        (_control, _time) = (control, time);
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton<TimeProvider>(time);
        services.AddSingleton<TaskScheduler>(new InlineScheduler());
        services.AddSingleton(_ => kernel);
        services.AddSingleton(store);
        services.AddSingleton<IControlPlane>(control);
        services.AddOverlayAgent(options);
        _services = services.BuildServiceProvider();
        _views = _services.GetRequiredService<ViewStore>();
        _loop = _services.GetRequiredService<ApplyLoop>();
        _disk = new ViewDisk(_services.GetRequiredService<AgentPaths>().View);
    }

    /// <summary>What the last turn could not make, by object.</summary>
    public ImmutableDictionary<ObjectId, string> Problems => _loop.Applied.Problems;

    /// <summary>What works, but not as well as it could.</summary>
    public IEnumerable<string> Warnings => _loop.Applied.Warnings.Values.SelectMany(w => w);

    /// <summary>As overlayd starts: the view from disk, and a turn with it before the control plane is asked.</summary>
    public void Start()
    {
        // The first of them reads the mirror; the others have threads.
        _services.GetServices<IHostedService>().First().StartAsync(CancellationToken.None).Wait();
        _watch = _loop.Watch();
        Turn();
    }

    /// <summary>Pulls what the control plane has.</summary>
    public void Pull()
    {
        foreach (var partition in _views.Followed)
            Pull(partition);
        // The roster may have named more.
        foreach (var partition in _views.Followed.Where(p => !_views.Find(p).IsLive))
            Pull(partition);
    }

    /// <summary>Writes the view to disk, as the mirror does at leisure.</summary>
    public void Mirror()
    {
        foreach (var left in _disk.Read().Select(s => s.Name).Except(_views.Followed).ToArray())
            _disk.Remove(left);
        foreach (var state in _views.Followed.Select(_views.Find).Where(s => s.IsLive && !s.IsGone))
            _disk.Write(state);
    }

    /// <summary>The loop looks at what is due now.</summary>
    public void Turn() => _loop.Turn();

    /// <summary>The loop looks again once the clock is where it wants to look again at the latest.</summary>
    public void NextTurn()
    {
        var next = _loop.Turn();
        if (next > _time.GetUtcNow())
            _time.Advance(next - _time.GetUtcNow());
    }

    /// <summary>What the loop lets others do, it does itself.</summary>
    private sealed class InlineScheduler : TaskScheduler
    {
        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }

    /// <summary>As SIGKILL would: nothing is put back.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        _services.Dispose();
    }

    private void Pull(string partition) =>
        _views.Lay(partition, _control.Pull(partition, _views.Find(partition).Cursor, CancellationToken.None).Result);
}
