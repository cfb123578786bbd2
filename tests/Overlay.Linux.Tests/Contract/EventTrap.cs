using Xunit;

namespace Overlay.Linux.Tests.Contract;

/// <summary>Collects what a monitor reports, and waits for it.</summary>
internal sealed class EventTrap : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly object _gate = new();
    private readonly IDisposable _monitor;
    private KernelEvents _seen;

    public EventTrap(INetNamespace space, KernelEvents kinds) => _monitor = space.Monitor(kinds, seen =>
    {
        lock (_gate)
        {
            _seen |= seen;
            System.Threading.Monitor.PulseAll(_gate);
        }
    });

    public void Wait(KernelEvents kinds)
    {
        lock (_gate)
        {
            while ((_seen & kinds) != kinds)
                Assert.True(System.Threading.Monitor.Wait(_gate, Limit), $"{kinds} was not reported, only {_seen}");
            _seen = KernelEvents.None;
        }
    }

    public void Dispose() => _monitor.Dispose();
}

/// <summary>Waits until a link has gone: namespaces end in the background.</summary>
internal sealed class LinkGone(INetNamespace space) : IDisposable
{
    private readonly EventTrap _links = new(space, KernelEvents.Links);

    public void Wait(string name)
    {
        while (space.FindLink(name) is not null)
            _links.Wait(KernelEvents.Links);
    }

    public void Dispose() => _links.Dispose();
}

/// <summary>Keeps what a watch reports, in order, and waits for it.</summary>
internal sealed class NoticeTrap : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly object _gate = new();
    private readonly List<KernelNotice> _seen = [];
    private readonly IDisposable _watch;

    public NoticeTrap(INetNamespace space) => _watch = space.Watch(KernelEvents.All, notices =>
    {
        lock (_gate)
        {
            _seen.AddRange(notices);
            System.Threading.Monitor.PulseAll(_gate);
        }
    });

    public void Wait(Func<KernelNotice, bool> condition)
    {
        lock (_gate)
        {
            while (!_seen.Any(condition))
                Assert.True(System.Threading.Monitor.Wait(_gate, Limit), $"not reported; seen: {string.Join("; ", _seen)}");
        }
    }

    public void Dispose() => _watch.Dispose();
}
