using Overlay.Core;
using Overlay.Linux;

namespace Overlay.Agent.Apply;

/// <summary>What the kernel reported since the last look, and when to look. Thread-safe.</summary>
internal sealed class DirtyMarks(AgentOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private Dictionary<ObjectId, KernelEvents> _sandboxes = [];
    private List<KernelNotice> _notices = [];
    private bool _names;
    private bool _woken;
    private DateTimeOffset? _due;

    /// <summary>More than that since the last look: then all is looked at.</summary>
    private const int MostNotices = 20_000;

    public sealed record Drift(bool Names, Dictionary<ObjectId, KernelEvents> Sandboxes);

    /// <summary>Something has changed in the host's namespace, also by our own hand. A table that is gone is looked at without
    /// delay: until it is back, connections through it break.</summary>
    public void Host(IReadOnlyList<KernelNotice> notices) => Mark(atOnce: notices.Any(n => n.Kind == KernelEvents.TableGone), mark: () =>
    {
        _notices.AddRange(notices);
        if (_notices.Count > MostNotices)
            _notices = [new(KernelEvents.Overrun)];
    });

    /// <summary>What the host's kernel reported since the last call, due or not: what a pass knows of, it need not look at twice.</summary>
    public IReadOnlyList<KernelNotice> TakeNotices()
    {
        lock (_lock)
        {
            var notices = _notices;
            _notices = [];
            return notices;
        }
    }

    /// <summary>Some namespace may have lost its name.</summary>
    public void Names() => Mark(() => _names = true);

    public void Sandbox(ObjectId sandbox, KernelEvents events) =>
        Mark(() => _sandboxes[sandbox] = _sandboxes.GetValueOrDefault(sandbox) | events);

    /// <summary>A pass is due now: the view changed, or something that a pass waited for has ended.</summary>
    public void Wake()
    {
        lock (_lock)
            _woken = true;
        Signal();
    }

    public bool TakeWoken()
    {
        lock (_lock)
        {
            var woken = _woken;
            _woken = false;
            return woken;
        }
    }

    /// <summary>What to look at, or null when nothing is due yet.</summary>
    public Drift? TakeDue(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_due is not { } due || due > now)
                return null;
            _due = null;
            // A pass for another reason has taken what was reported.
            if (_notices.Count == 0 && !_names && _sandboxes.Count == 0)
                return null;
            var drift = new Drift(_names, _sandboxes);
            (_names, _sandboxes) = (false, []);
            return drift;
        }
    }

    public async Task WaitAsync(DateTimeOffset until, TimeProvider clock, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            DateTimeOffset next;
            lock (_lock)
            {
                if (_woken)
                    return;
                next = _due is { } due && due < until ? due : until;
            }
            var pause = next - clock.GetUtcNow();
            if (pause <= TimeSpan.Zero)
                return;
            using var timeout = new CancellationTokenSource(pause, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
            await _signal.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Mark(Action mark, bool atOnce = false)
    {
        lock (_lock)
        {
            mark();
            if (atOnce)
                _due = time.GetUtcNow();
            _due ??= time.GetUtcNow() + options.DriftDelay;
        }
        Signal();
    }

    private void Signal()
    {
        lock (_signal)
        {
            if (_signal.CurrentCount == 0)
                _signal.Release();
        }
    }
}
