using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Overlay.Linux.Monitoring;

/// <summary>One thread that waits on all that is monitored. It starts with the first
/// monitor.</summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int MostEvents = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, (IEventSource Source, Action<IReadOnlyList<KernelNotice>> Changed)> _sources = [];
    private int _epoll = -1, _wake = -1;
    private Thread? _thread;
    private bool _stopped;

    public IDisposable Add(IReadOnlyList<IEventSource> sources, Action<IReadOnlyList<KernelNotice>> changed)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_thread is null)
                Start();
            foreach (var source in sources)
            {
                _sources.Add(source.Fd, (source, changed));
                Watch(source.Fd, source.Interest);
            }
        }
        return new Subscription(this, sources);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            if (_thread is null)
                return;
            ulong one = 1;
            write(_wake, &one, sizeof(ulong));
        }
        _thread.Join();
        close(_epoll);
        close(_wake);
        foreach (var (source, _) in _sources.Values)
            source.Dispose();
    }

    private void Start()
    {
        _epoll = epoll_create1(EPOLL_CLOEXEC);
        _wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (_epoll < 0 || _wake < 0)
            throw new KernelException("starting to listen for kernel notifications", errno);
        Watch(_wake, EPOLLIN);
        _thread = new Thread(Work) { IsBackground = true, Name = "kernel events" };
        _thread.Start();
    }

    private void Watch(int fd, int events)
    {
        var interest = new epoll_event { events = events };
        interest.data.fd = fd;
        if (epoll_ctl(_epoll, EPOLL_CTL_ADD, fd, &interest) < 0)
            throw new KernelException("listening for kernel notifications", errno);
    }

    private void Work()
    {
        var events = stackalloc epoll_event[MostEvents];
        while (true)
        {
            var count = epoll_wait(_epoll, events, MostEvents, -1);
            if (count < 0 && errno != EINTR)
                throw new KernelException("waiting for kernel notifications", errno);
            for (var i = 0; i < count; i++)
            {
                if (events[i].data.fd == _wake)
                    return;
                Deliver(events[i].data.fd);
            }
        }
    }

    private void Deliver(int fd)
    {
        IReadOnlyList<KernelNotice> seen;
        Action<IReadOnlyList<KernelNotice>> changed;
        lock (_gate)
        {
            // Gone since epoll named it.
            if (!_sources.TryGetValue(fd, out var entry))
                return;
            seen = entry.Source.Drain();
            changed = entry.Changed;
        }
        if (seen.Count > 0)
            changed(seen);
    }

    private void Remove(IReadOnlyList<IEventSource> sources)
    {
        lock (_gate)
        {
            foreach (var source in sources)
            {
                if (!_stopped && _sources.Remove(source.Fd))
                {
                    epoll_ctl(_epoll, EPOLL_CTL_DEL, source.Fd, null);
                    source.Dispose();
                }
            }
        }
    }

    private sealed class Subscription(EventLoop loop, IReadOnlyList<IEventSource> sources) : IDisposable
    {
        private bool _disposed;

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            loop.Remove(sources);
        }
    }
}
